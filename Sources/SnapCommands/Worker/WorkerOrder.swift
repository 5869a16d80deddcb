internal import SnapEngine
internal import SnapModel
internal import SystemPackage

/// What a worker is told by the command that starts it: one line of JSON on its standard input.
struct WorkerOrder: Codable {
    enum Job: Codable {
        case create(CreateRequest)
        case resume([SnapshotID])
    }

    var root: String
    var ownerID: String
    var packByteCount: Int
    var workerCount: Int
    var readerCount: Int
    var logPath: String?
    var metricsPath: String?
    var job: Job

    init(_ configuration: EngineConfiguration, _ job: Job) {
        root = configuration.root.string
        ownerID = configuration.ownerID
        packByteCount = configuration.packByteCount
        workerCount = configuration.workerCount
        readerCount = configuration.readerCount
        logPath = configuration.logPath?.string
        metricsPath = configuration.metricsPath?.string
        self.job = job
    }

    var configuration: EngineConfiguration {
        var configuration = EngineConfiguration(
            root: FilePath(root), ownerID: ownerID, packByteCount: packByteCount, workerCount: workerCount,
            readerCount: readerCount)
        configuration.logPath = logPath.map { FilePath($0) }
        configuration.metricsPath = metricsPath.map { FilePath($0) }
        return configuration
    }
}

/// What a worker tells the command that started it: lines of JSON on its standard output.
enum WorkerEvent: Codable {
    /// `isCopied`: volumes are read before the points in time are taken.
    case pending([SnapshotID], isCopied: Bool)
    /// `isHolding`: writers are held up until the volumes are read.
    case secured([SnapshotID], isHolding: Bool)
    case completed([SnapshotID])
    case failed(code: EngineError.Code, explanation: String, snapshot: SnapshotID?)
}

/// What the command tells its worker after the order: lines of text. The end of the stream means that the command is
/// gone; before `release` the worker then gives up.
enum WorkerWord {
    static let release = "release"
    /// Followed by the reason.
    static let cancel = "cancel "
}
