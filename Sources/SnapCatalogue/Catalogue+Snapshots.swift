internal import GRDB
package import SnapModel
package import SnapSystem

/// What became of an attempt to complete a snapshot.
package enum CompletionOutcome: Hashable, Sendable {
    case completed
    /// Nothing was changed: these lost their trust since the given generation and have not regained it. Those of them
    /// that the manifest names must be stored again; then try again with `now`.
    case distrusted(Set<Digest>, now: TrustGeneration)
}

extension Catalogue {
    /// Records a snapshot as pending, carried on by `worker`. Its volume must be registered.
    /// Throws `unknownVolume`, and `failed` when the id is taken.
    package func insert(_ snapshot: Snapshot, worker: ProcessIdentity) throws(CatalogueError) {
        precondition(snapshot.state == .pending, "\(snapshot.id) is recorded as \(snapshot.state)")
        try write { database in
            guard let volume = try database.volumes("WHERE volumeId = ?", [snapshot.volume.id.rawValue]).first
            else {
                throw CatalogueError(.unknownVolume, snapshot.volume.id.rawValue, "is no known volume")
            }
            try database.insert(snapshot, volumeKey: volume.key, worker: worker)
        }
    }

    /// Notes how far a pending snapshot is, in bytes of volume. For the eyes of others only: it returns within
    /// `ProgressConnection.busyTimeout` and some writes to memory, the report being dropped when others hold the lock
    /// for longer; and it is durable only with the next commit of another method (see `ProgressConnection`).
    package func updateProgress(_ id: SnapshotID, processedByteCount: Int) throws(CatalogueError) {
        try progress.write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE snapshot SET processedByteCount = ? WHERE snapshotId = ? AND state = 'pending'"
            )
            try statement.execute(arguments: [processedByteCount, id.rawValue])
        }
    }

    /// Ends a pending snapshot as `error`. Throws `unknownSnapshot`, `notPending`.
    package func fail(_ id: SnapshotID, message: String) throws(CatalogueError) {
        try write { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE snapshot SET state = 'error', stateMessage = ?, worker = NULL
                    WHERE snapshotId = ? AND state = 'pending'
                    """
            )
            try statement.execute(arguments: [message, id.rawValue])
            if database.changesCount == 0 { throw try database.whyNotPending(id) }
        }
    }

    /// Ends a pending snapshot as `completed`, if every chunk that was trusted at generation `trustedSince` still is: all
    /// its packs must be committed, and its record must be durable in the store. Looking and completing are one
    /// transaction, so that nothing loses its trust in between. Throws `unknownSnapshot`, `notPending`.
    package func complete(
        _ id: SnapshotID,
        image: SnapshotImage,
        at time: Timestamp,
        trustedSince generation: TrustGeneration
    ) throws(CatalogueError) -> CompletionOutcome {
        try write { database in
            let lost = try database.distrusted(since: generation)
            guard lost.isEmpty else { return .distrusted(lost, now: try database.trustGeneration()) }
            try database.complete(id, image: image, at: time)
            return .completed
        }
    }

    /// Takes over a snapshot from its record in the store, with its volume and tags, in place of what is known of it.
    package func importSnapshot(_ snapshot: Snapshot) throws(CatalogueError) {
        try write { try $0.importSnapshot(snapshot) }
    }
}

extension Database {
    func importSnapshot(_ snapshot: Snapshot) throws {
        let volumeKey = try adopt(snapshot.volume, seen: snapshot.startTime)
        for sql in ["DELETE FROM tag WHERE resourceId = ?", "DELETE FROM snapshot WHERE snapshotId = ?"] {
            try cachedStatement(sql: sql).execute(arguments: [snapshot.id.rawValue])
        }
        try insert(snapshot, volumeKey: volumeKey, worker: nil)
    }

    fileprivate func insert(_ snapshot: Snapshot, volumeKey: Int64, worker: ProcessIdentity?) throws {
        let statement = try cachedStatement(
            sql: """
                INSERT INTO snapshot (
                    snapshotId, volume, state, stateMessage, startTime, completionTime, ownerId, description,
                    consistency, volumeByteCount, processedByteCount, manifestRoot, fullByteCount, newByteCount,
                    storedByteCount, worker, encrypted)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        let image = snapshot.image
        try statement.execute(arguments: [
            snapshot.id.rawValue, volumeKey, snapshot.state.rawValue, snapshot.stateMessage,
            snapshot.startTime.millisecondsSinceEpoch, snapshot.completionTime?.millisecondsSinceEpoch,
            snapshot.ownerID, snapshot.description, snapshot.consistency.method.rawValue,
            snapshot.volumeByteCount,
            snapshot.processedByteCount, image?.manifestRoot.digest.blob, image?.fullByteCount,
            image?.newByteCount,
            image?.storedByteCount, worker?.description, snapshot.isEncrypted,
        ])
        try insert(snapshot.tags, of: snapshot.id)
    }

    private func insert(_ tags: [Tag], of resource: some ResourceID) throws {
        let statement = try cachedStatement(sql: "INSERT INTO tag (resourceId, key, value) VALUES (?, ?, ?)")
        for tag in tags { try statement.execute(arguments: [resource.rawValue, tag.key, tag.value]) }
    }

    fileprivate func complete(_ id: SnapshotID, image: SnapshotImage, at time: Timestamp) throws {
        let statement = try cachedStatement(
            sql: """
                UPDATE snapshot SET state = 'completed', completionTime = ?, manifestRoot = ?, fullByteCount = ?,
                    newByteCount = ?, storedByteCount = ?, processedByteCount = volumeByteCount, worker = NULL
                WHERE snapshotId = ? AND state = 'pending'
                """
        )
        try statement.execute(arguments: [
            time.millisecondsSinceEpoch, image.manifestRoot.digest.blob, image.fullByteCount,
            image.newByteCount,
            image.storedByteCount, id.rawValue,
        ])
        if changesCount == 0 { throw try whyNotPending(id) }
    }

    fileprivate func whyNotPending(_ id: SnapshotID) throws -> CatalogueError {
        let statement = try cachedStatement(sql: "SELECT state FROM snapshot WHERE snapshotId = ?")
        guard let state = try String.fetchOne(statement, arguments: [id.rawValue]) else {
            return .unknown(id)
        }
        return CatalogueError(.notPending, id.rawValue, "is not pending but \(state)")
    }
}

extension CatalogueError {
    static func unknown(_ id: SnapshotID) -> CatalogueError {
        CatalogueError(.unknownSnapshot, id.rawValue, "is no known snapshot")
    }
}
