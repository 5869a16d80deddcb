/// A point-in-time image of a volume, and all that is recorded of it.
package struct Snapshot: Hashable, Sendable {
    package var id: SnapshotID
    package var volume: Volume
    package var state: SnapshotState
    /// What happened, when the state is `error`.
    package var stateMessage: String?
    /// When the snapshot was asked for.
    package var startTime: Timestamp
    package var completionTime: Timestamp?
    /// 12 digits.
    package var ownerID: String
    package var description: String
    package var tags: [Tag]
    package var isEncrypted: Bool
    package var consistency: Consistency
    /// The size of the volume at the point in time, in bytes.
    package var volumeByteCount: Int
    /// How far it is, in bytes of volume passed (read, or skipped as a hole); `volumeByteCount` once all is read.
    package var processedByteCount: Int
    /// Known once completed.
    package var image: SnapshotImage?

    package init(
        id: SnapshotID, volume: Volume, state: SnapshotState, stateMessage: String? = nil, startTime: Timestamp,
        completionTime: Timestamp? = nil, ownerID: String, description: String, tags: [Tag] = [],
        isEncrypted: Bool = false, consistency: Consistency, volumeByteCount: Int, processedByteCount: Int = 0,
        image: SnapshotImage? = nil
    ) {
        self.id = id
        self.volume = volume
        self.state = state
        self.stateMessage = stateMessage
        self.startTime = startTime
        self.completionTime = completionTime
        self.ownerID = ownerID
        self.description = description
        self.tags = tags
        self.isEncrypted = isEncrypted
        self.consistency = consistency
        self.volumeByteCount = volumeByteCount
        self.processedByteCount = processedByteCount
        self.image = image
    }
}

/// The states of an EBS snapshot that this program reaches.
package enum SnapshotState: String, Sendable, Codable, CaseIterable {
    case pending
    case completed
    case error
}

/// What a completed snapshot holds, and what making it took.
package struct SnapshotImage: Hashable, Sendable {
    /// The id of the manifest's root page. It covers every byte of the image.
    package var manifestRoot: PageID
    /// Bytes of all blocks that are not zero: EBS's `FullSnapshotSizeInBytes`.
    package var fullByteCount: Int
    /// Bytes of blocks that nobody had stored before.
    package var newByteCount: Int
    /// Bytes that those took in packs.
    package var storedByteCount: Int

    package init(manifestRoot: PageID, fullByteCount: Int, newByteCount: Int, storedByteCount: Int) {
        self.manifestRoot = manifestRoot
        self.fullByteCount = fullByteCount
        self.newByteCount = newByteCount
        self.storedByteCount = storedByteCount
    }
}

/// How the point in time of a snapshot was made (DESIGN §5). More methods are to come.
package enum ConsistencyMethod: String, Sendable, Codable, CaseIterable {
    /// The volume was claimed, so that nobody could write to it, until it was read.
    case exclusive
    /// The volume was read while it may have been written to.
    case none
}

/// What the image may be trusted to be, for ever.
package struct Consistency: Hashable, Sendable {
    package var method: ConsistencyMethod

    package init(method: ConsistencyMethod) { self.method = method }

    /// Whether every byte is from one instant.
    package var isPointInTime: Bool { method != .none }
}
