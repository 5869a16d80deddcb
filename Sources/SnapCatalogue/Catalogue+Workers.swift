internal import GRDB
package import SnapModel
package import SnapSystem

/// A snapshot that is being made, and what another process must know to go on with it.
package struct PendingSnapshot: Hashable, Sendable {
    package var id: SnapshotID
    package var setID: SnapshotSetID?
    /// Who carries it on: nil where that cannot be read, so that it is nobody.
    package var worker: ProcessIdentity?
    /// How many processes have carried it, that one included.
    package var attemptCount: Int
    /// What holds its point in time and outlives the worker; nil before that is taken, and where it ends with the worker.
    package var lease: String?
    /// As it was inserted; nil for a snapshot that an earlier snapctl began.
    package var request: String?
    /// Why it is to be given up; nil while nobody asked for that.
    package var cancelReason: String?
}

extension Catalogue {
    /// The pending snapshots, oldest first.
    package func pendingSnapshots() throws(CatalogueError) -> [PendingSnapshot] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT snapshotId, setId, worker, coalesce(workerAttempts, 1), lease, request, cancelReason
                    FROM snapshot WHERE state = 'pending' ORDER BY startTime, id
                    """
            )
            return try Array(Row.fetchCursor(statement).map(PendingSnapshot.init))
        }
    }

    /// Makes `successor` the worker of pending snapshots, all or none, and counts the attempt. False, and nothing is
    /// changed, unless `worker` carries each of them still: of several processes that find the same worker dead, one gets
    /// them. Without a `logPath` the one that is noted stays.
    package func takeOver(
        _ ids: [SnapshotID], from worker: ProcessIdentity?, by successor: ProcessIdentity, logPath: String?
    ) throws(CatalogueError) -> Bool {
        try write { database in
            for id in ids where try !database.isPending(id, carriedBy: worker) { return false }
            for id in ids {
                try database.updatePending(
                    id,
                    """
                    worker = ?, workerNumber = ?, workerAttempts = coalesce(workerAttempts, 1) + 1,
                        logPath = coalesce(?, logPath)
                    """,
                    [successor.description, successor.number, logPath])
            }
            return true
        }
    }

    /// Notes how far a pending snapshot is: bytes of volume, bytes that nobody had stored before, and what those take; and
    /// what is being done while those do not grow, which is its StateMessage until it ends.
    /// For the eyes of others only: it returns within `ProgressConnection.busyTimeout` and some writes to memory, the
    /// report being dropped when others hold the lock for longer; and it is durable only with the next commit of another
    /// method (see `ProgressConnection`).
    package func updateProgress(
        _ id: SnapshotID, processed processedByteCount: Int, new newByteCount: Int, stored storedByteCount: Int,
        stage: String? = nil
    ) throws(CatalogueError) {
        try progress.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE snapshot SET processedByteCount = ?, newByteCount = ?, storedByteCount = ?, stateMessage = ?
                    WHERE snapshotId = ? AND state = 'pending'
                    """
            )
            try statement.execute(
                arguments: [processedByteCount, newByteCount, storedByteCount, stage, id.rawValue])
        }
    }

    /// Asks whoever carries a pending snapshot to give it up. The first reason stays.
    /// Throws `unknownSnapshot`, `notPending`.
    package func requestCancellation(_ id: SnapshotID, reason: String) throws(CatalogueError) {
        try write { try $0.updatePending(id, "cancelReason = coalesce(cancelReason, ?)", [reason]) }
    }

    /// Why a snapshot is, or was, to be given up; nil when nobody asked for that. For the worker, which looks now and
    /// then: one look-up. Throws `unknownSnapshot`.
    package func cancellationReason(_ id: SnapshotID) throws(CatalogueError) -> String? {
        try read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT cancelReason FROM snapshot WHERE snapshotId = ?"
            )
            guard let row = try Row.fetchOne(statement, arguments: [id.rawValue]) else {
                throw CatalogueError.unknown(id)
            }
            return try row.optional(0)
        }
    }
}

extension PendingSnapshot {
    fileprivate init(_ row: Row) throws {
        let (set, worker): (String?, String?) = (try row.optional(1), try row.optional(2))
        self.init(
            id: SnapshotID(wellFormed: try row.value(0)), setID: set.map(SnapshotSetID.init(wellFormed:)),
            worker: worker.flatMap { ProcessIdentity($0) }, attemptCount: try row.value(3),
            lease: try row.optional(4), request: try row.optional(5), cancelReason: try row.optional(6))
    }
}

extension Database {
    fileprivate func isPending(_ id: SnapshotID, carriedBy worker: ProcessIdentity?) throws -> Bool {
        let statement = try cachedStatement(
            sql: "SELECT worker FROM snapshot WHERE snapshotId = ? AND state = 'pending'"
        )
        guard let row = try Row.fetchOne(statement, arguments: [id.rawValue]) else { return false }
        let text: String? = try row.optional(0)
        return text.flatMap { ProcessIdentity($0) } == worker
    }
}
