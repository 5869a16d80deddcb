internal import GRDB
internal import Synchronization
internal import SystemPackage

/// A connection of its own for reports of progress, opened with the first.
///
/// It writes with `synchronous=NORMAL`: its commits go to the log without a sync, and are made durable by the next commit
/// of anybody else. A power cut may lose the last of them, never one of another connection: the log is one sequence,
/// a durable commit syncs all that is before it, and recovery takes everything up to the first frame that is torn
/// (https://www.sqlite.org/wal.html). It never checkpoints, which would make the reporter wait for the disk.
final class ProgressConnection: Sendable {
    /// How long a report waits for a writer, before it is dropped: another follows soon.
    static let busyTimeout: Duration = .milliseconds(100)

    private let path: FilePath
    private let queue = Mutex<DatabaseQueue?>(nil)

    init(path: FilePath) { self.path = path }

    /// Runs `body` in a transaction. It does not, and returns, when others keep the database locked.
    func write(_ body: (Database) throws -> Void) throws(CatalogueError) {
        do {
            try connection().write(body)
        } catch {
            let error = CatalogueError(error, at: path)
            if error.code != .busy { throw error }
        }
    }

    func close() { try? queue.withLock { try $0?.close() } }

    private func connection() throws -> DatabaseQueue {
        try queue.withLock { queue in
            if let queue { return queue }
            var configuration = Configuration()
            configuration.label = "snapctl.progress"
            configuration.busyMode = .timeout(Self.busyTimeout / .seconds(1))
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0")
            }
            let opened = try DatabaseQueue(path: path.string, configuration: configuration)
            queue = opened
            return opened
        }
    }
}
