package import SnapModel

/// How much of a pack is needed.
package struct PackUse: Hashable, Sendable {
    package var id: PackID
    package var kind: PackKind
    /// Of the file.
    package var byteCount: Int
    /// Entries of its footer.
    package var entryCount: Int
    /// Of those, what the index finds here and somebody needs.
    package var needed = BodyCount()
    /// What the index finds here and nobody needs. The others are kept elsewhere.
    package var unneeded = BodyCount()

    package init(id: PackID, kind: PackKind, byteCount: Int, entryCount: Int) {
        self.id = id
        self.kind = kind
        self.byteCount = byteCount
        self.entryCount = entryCount
    }
}

/// A pack that is to go, and what is in it.
package struct DoomedPack: Hashable, Sendable {
    package var id: PackID
    /// Every digest of its footer.
    package var digests: [Digest]
    /// Those of them that nobody needs.
    package var unneeded: Set<Digest>

    package init(id: PackID, digests: [Digest], unneeded: Set<Digest>) {
        self.id = id
        self.digests = digests
        self.unneeded = unneeded
    }
}

/// A chunk or page that was copied to another pack.
package struct MovedEntry: Hashable, Sendable {
    package var entry: PackEntry
    /// Where it was until now.
    package var oldPack: PackID
    package var oldOffset: Int

    package init(entry: PackEntry, oldPack: PackID, oldOffset: Int) {
        self.entry = entry
        self.oldPack = oldPack
        self.oldOffset = oldOffset
    }
}

/// The image of a completed snapshot, whose chunks must stay.
package struct KeptImage: Hashable, Sendable {
    package var snapshot: SnapshotID
    package var root: PageID

    package init(snapshot: SnapshotID, root: PageID) {
        self.snapshot = snapshot
        self.root = root
    }
}
