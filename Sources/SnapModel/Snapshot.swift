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
    /// Sorted by key.
    package var tags: [Tag]
    package var isEncrypted: Bool
    /// The lineage that it is of, and what its data key is wrapped with; nil where it is not encrypted.
    package var dataEncryptionKeyID: String?
    package var kmsKeyID: String?
    package var consistency: Consistency
    /// The size of the volume at the point in time, in bytes.
    package var volumeByteCount: Int
    /// How far it is, in bytes of volume passed (read, or skipped as a hole); `volumeByteCount` once all is read.
    package var processedByteCount: Int
    /// Until it is completed: bytes of blocks found so far that nobody had stored before, and what they take in packs.
    /// 0 from then on, when `image` has both.
    package var newByteCount: Int
    package var storedByteCount: Int
    /// Known once completed.
    package var image: SnapshotImage?
    /// What was taken at one instant with it; nil for a snapshot of one volume.
    package var setID: SnapshotSetID?
    package var worker: SnapshotWorker?
    package var durations: SnapshotDurations
    /// Those of its volume when it was taken.
    package var productCodes: [ProductCode]
    /// Sorted.
    package var permissions: [CreateVolumePermission]
    package var storageTier: StorageTier
    /// Also one that has expired.
    package var lock: SnapshotLock?
    /// Since it was deleted; nil: it was not.
    package var bin: RecycleBinStay?
    /// Counted up from 1 with each change of what may change after completion: tags, permissions, lock, bin.
    package var revision: Int

    package init(
        id: SnapshotID, volume: Volume, state: SnapshotState, stateMessage: String? = nil, startTime: Timestamp,
        completionTime: Timestamp? = nil, ownerID: String, description: String, tags: [Tag] = [],
        isEncrypted: Bool = false, dataEncryptionKeyID: String? = nil, kmsKeyID: String? = nil,
        consistency: Consistency, volumeByteCount: Int, processedByteCount: Int = 0,
        newByteCount: Int = 0, storedByteCount: Int = 0, image: SnapshotImage? = nil, setID: SnapshotSetID? = nil,
        worker: SnapshotWorker? = nil, durations: SnapshotDurations = SnapshotDurations(),
        productCodes: [ProductCode] = [], permissions: [CreateVolumePermission] = [],
        storageTier: StorageTier = .standard, lock: SnapshotLock? = nil, bin: RecycleBinStay? = nil, revision: Int = 1
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
        self.dataEncryptionKeyID = dataEncryptionKeyID
        self.kmsKeyID = kmsKeyID
        self.consistency = consistency
        self.volumeByteCount = volumeByteCount
        self.processedByteCount = processedByteCount
        self.newByteCount = newByteCount
        self.storedByteCount = storedByteCount
        self.image = image
        self.setID = setID
        self.worker = worker
        self.durations = durations
        self.productCodes = productCodes
        self.permissions = permissions
        self.storageTier = storageTier
        self.lock = lock
        self.bin = bin
        self.revision = revision
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

/// The process that carries a snapshot on, or carried it to its end.
package struct SnapshotWorker: Hashable, Sendable {
    package var processNumber: Int32
    /// How many processes have carried it, this one included: more than one where it was resumed.
    package var attemptCount: Int
    /// Where the process writes what it does.
    package var logPath: String?

    package init(processNumber: Int32, attemptCount: Int = 1, logPath: String? = nil) {
        self.processNumber = processNumber
        self.attemptCount = attemptCount
        self.logPath = logPath
    }
}

/// How long the parts of the work took; nil where a part was not come to.
package struct SnapshotDurations: Hashable, Sendable {
    /// From the request to the point in time: looking, hooks, syncing, freezing.
    package var securing: Duration?
    /// Reading and storing the image.
    package var imaging: Duration?

    package init(securing: Duration? = nil, imaging: Duration? = nil) {
        self.securing = securing
        self.imaging = imaging
    }
}
