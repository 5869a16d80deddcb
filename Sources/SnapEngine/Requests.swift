package import SnapConsistency
package import SnapModel
package import SystemPackage

/// What `create` is asked for.
package struct CreateRequest: Sendable, Codable {
    /// Each a path, or a `vol-…` that was imaged before. Several are imaged at one instant.
    package var volumes: [String]
    /// ≤ 255 characters.
    package var description: String
    package var tags: [Tag]
    /// Whether each snapshot gets the tags of its volume too; of equal keys, `tags` count.
    package var copiesVolumeTags = false
    /// How the point in time is made. `needs` is filled in by the engine.
    package var options: PointInTimeOptions

    package static let descriptionLimit = 255

    package init(
        volumes: [String], description: String = "", tags: [Tag] = [], options: PointInTimeOptions = .init()
    ) {
        self.volumes = volumes
        self.description = description
        self.tags = tags
        self.options = options
    }
}

/// What `restore` is asked for.
package struct RestoreRequest: Sendable {
    package var snapshot: SnapshotID
    /// A block device, or a file, which is made.
    package var target: FilePath
    /// Whether what is recognised on the target may be overwritten.
    package var force: Bool
    /// Whether to go on past damaged chunks, leaving their ranges as zeros, and list them.
    package var keepGoing: Bool

    package init(snapshot: SnapshotID, target: FilePath, force: Bool = false, keepGoing: Bool = false) {
        self.snapshot = snapshot
        self.target = target
        self.force = force
        self.keepGoing = keepGoing
    }
}

/// What came of reading an image.
package struct ImageOutcome: Sendable {
    package var snapshot: Snapshot
    /// Bytes of the image that are not zero, and were read and checked.
    package var checkedByteCount: Int
    /// Ranges whose chunks are damaged or missing.
    package var damaged: [ByteExtent]
    /// One line a damaged chunk, the first few.
    package var explanations: [String]
    /// With `verify --against`: ranges that differ from the volume's.
    package var differing: [ByteExtent]

    package init(
        snapshot: Snapshot, checkedByteCount: Int = 0, damaged: [ByteExtent] = [], explanations: [String] = [],
        differing: [ByteExtent] = []
    ) {
        self.snapshot = snapshot
        self.checkedByteCount = checkedByteCount
        self.damaged = damaged
        self.explanations = explanations
        self.differing = differing
    }
}

/// What differs between two snapshots.
package struct DifferenceOutcome: Sendable {
    package var first: Snapshot
    package var second: Snapshot
    /// Whole blocks, joined where they touch, cut at the end of the larger volume.
    package var changed: [ByteExtent]
    package var changedBlockCount: Int

    package init(first: Snapshot, second: Snapshot, changed: [ByteExtent], changedBlockCount: Int) {
        self.first = first
        self.second = second
        self.changed = changed
        self.changedBlockCount = changedBlockCount
    }

    package var changedByteCount: Int { changed.reduce(0) { $0 + $1.byteCount } }
}

/// What `catalogue rebuild` found in the store.
package struct RebuildOutcome: Sendable {
    package var snapshotCount = 0
    package var packCount = 0
    package var chunkCount = 0
    /// Packs that could not be read, one line each.
    package var damagedPacks: [String] = []
    /// Snapshots that are not whole, one line each.
    package var damagedSnapshots: [String] = []
    /// Records of volumes that could not be read, one line each: their tags and what they were made from.
    package var damagedVolumes: [String] = []

    package init() {}
}

/// One line of `benchmark`.
package struct BenchmarkLine: Sendable {
    /// "SHA-256", "read".
    package var name: String
    package var threadCount: Int
    package var byteCount: Int
    package var seconds: Double

    package init(name: String, threadCount: Int, byteCount: Int, seconds: Double) {
        self.name = name
        self.threadCount = threadCount
        self.byteCount = byteCount
        self.seconds = seconds
    }

    package var gibibytesPerSecond: Double { Double(byteCount) / 1_073_741_824 / seconds }
}
