/// How the bytes of a chunk are kept in a pack. The raw value is the byte on disk.
package enum ChunkCodec: UInt8, Sendable, CaseIterable {
    case raw = 0
    case lz4 = 1
}

/// Names a page of a manifest: the SHA-256 of its bytes.
package struct PageID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let digest: Digest

    package init(_ digest: Digest) { self.digest = digest }

    package var description: String { digest.description }

    package static func < (left: PageID, right: PageID) -> Bool { left.digest < right.digest }
}

/// What packs hold: data packs and manifest packs are apart. The raw value is the byte on disk.
package enum PackKind: UInt8, Sendable, CaseIterable {
    case blocks = 1
    case pages = 2
}

/// Where the stored bytes of a chunk or page are inside a pack, and how to check them.
package struct PackEntry: Hashable, Sendable {
    package var digest: Digest
    /// From the start of the pack.
    package var offset: Int
    package var storedByteCount: Int
    /// Before compression.
    package var plainByteCount: Int
    package var codec: ChunkCodec
    /// CRC-32C of the stored bytes.
    package var checksum: UInt32

    package init(
        digest: Digest, offset: Int, storedByteCount: Int, plainByteCount: Int, codec: ChunkCodec, checksum: UInt32
    ) {
        self.digest = digest
        self.offset = offset
        self.storedByteCount = storedByteCount
        self.plainByteCount = plainByteCount
        self.codec = codec
        self.checksum = checksum
    }
}

/// The place of a chunk or page in the store.
package struct ChunkLocation: Hashable, Sendable {
    package var pack: PackID
    package var entry: PackEntry

    package init(pack: PackID, entry: PackEntry) {
        self.pack = pack
        self.entry = entry
    }
}

/// A pack that is whole and durable under its final name.
package struct SealedPack: Hashable, Sendable {
    package var id: PackID
    package var kind: PackKind
    package var byteCount: Int
    package var entries: [PackEntry]

    package init(id: PackID, kind: PackKind, byteCount: Int, entries: [PackEntry]) {
        self.id = id
        self.kind = kind
        self.byteCount = byteCount
        self.entries = entries
    }
}
