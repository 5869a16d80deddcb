package import Logging
internal import SnapConsistency
package import SnapModel
internal import SnapSystem
package import SystemPackage

/// Where the catalogue and the store are, and how much of the machine a run may take.
package struct EngineConfiguration: Sendable {
    /// Holds `catalogue.db` and `store/`.
    package var root: FilePath
    /// 12 digits, as an AWS account.
    package var ownerID: String
    /// When a pack counts as full.
    package var packByteCount: Int
    /// Threads that hash and compress.
    package var workerCount: Int
    /// Threads that wait for the volume.
    package var readerCount: Int
    /// For how long deleted snapshots stay restorable.
    package var recycleBin = RecycleBinRules()
    /// The folder that workers write their log to; nil: nowhere.
    package var logPath: FilePath?
    /// Where the engine tells what it does.
    package var logger = Logger(label: "snapctl") { _ in SwiftLogNoOpLogHandler() }

    /// The file for Prometheus that is renewed after each snapshot; nil: none.
    package var metricsPath: FilePath?
    /// What stands for an AWS region.
    package var region = defaultRegion
    /// Tags of every new snapshot that is not given others with the same keys.
    package var defaultTags: [Tag] = []
    /// What stays of the snapshots there are.
    package var policies: [RetentionPolicy] = []
    /// By which days, weeks and months begin.
    package var zone = TimeZoneRules.utc

    package static let defaultRegion = "local"
    package static let defaultOwnerID = "000000000000"
    package static let defaultPackByteCount = 32 << 20
    package static let packByteCountRange = (4 << 20)...(1 << 30)

    package init(
        root: FilePath, ownerID: String = defaultOwnerID, packByteCount: Int = defaultPackByteCount,
        workerCount: Int? = nil, readerCount: Int = 4
    ) {
        self.root = root
        self.ownerID = ownerID
        self.packByteCount = packByteCount
        // More than eight outrun any one disk, and each keeps a segment in memory.
        self.workerCount = workerCount ?? min(8, max(2, Machine.processorCount))
        self.readerCount = readerCount
    }

    package var cataloguePath: FilePath { root.appending("catalogue.db") }
    package var storePath: FilePath { root.appending("store") }

    /// What must not lie on a filesystem that is frozen, since the one who thaws it waits for them.
    var needs: [FrozenNeed] {
        [FrozenNeed("the store", storePath), FrozenNeed("the catalogue", cataloguePath)]
            + (logPath.map { [FrozenNeed("the log", $0)] } ?? [])
    }
}
