internal import FoundationEssentials
internal import GRDB
internal import SnapModel
internal import SnapSystem

extension Database {
    func importSnapshot(_ snapshot: Snapshot) throws {
        let volumeKey = try adopt(snapshot.volume, seen: snapshot.startTime)
        for sql in ["DELETE FROM tag WHERE resourceId = ?", "DELETE FROM snapshot WHERE snapshotId = ?"] {
            try cachedStatement(sql: sql).execute(arguments: [snapshot.id.rawValue])
        }
        try insert(snapshot, volumeKey: volumeKey, worker: nil, request: nil)
    }

    func insert(_ snapshot: Snapshot, volumeKey: Int64, worker: ProcessIdentity?, request: String?) throws {
        let statement = try cachedStatement(
            sql: """
                INSERT INTO snapshot (
                    snapshotId, volume, state, stateMessage, startTime, completionTime, ownerId, description,
                    volumeByteCount, processedByteCount, manifestRoot, fullByteCount, newByteCount, storedByteCount,
                    worker, encrypted, setId, workerAttempts, logPath, workerNumber, securingMicroseconds,
                    imagingMicroseconds, request, consistency, level, instant, freezeMicroseconds, hooks)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        let image = snapshot.image
        let arguments: StatementArguments = [
            snapshot.id.rawValue, volumeKey, snapshot.state.rawValue, snapshot.stateMessage,
            snapshot.startTime.millisecondsSinceEpoch, snapshot.completionTime?.millisecondsSinceEpoch,
            snapshot.ownerID, snapshot.description, snapshot.volumeByteCount, snapshot.processedByteCount,
            image?.manifestRoot.digest.blob, image?.fullByteCount, image?.newByteCount ?? snapshot.newByteCount,
            image?.storedByteCount ?? snapshot.storedByteCount, worker?.description, snapshot.isEncrypted,
            snapshot.setID?.rawValue, snapshot.worker?.attemptCount, snapshot.worker?.logPath,
            snapshot.worker?.processNumber, snapshot.durations.securing?.wholeMicroseconds,
            snapshot.durations.imaging?.wholeMicroseconds, request,
        ]
        try statement.execute(arguments: arguments + snapshot.consistency.arguments())
        try insert(snapshot.tags, of: snapshot.id)
    }

    private func insert(_ tags: [Tag], of resource: some ResourceID) throws {
        let statement = try cachedStatement(sql: "INSERT INTO tag (resourceId, key, value) VALUES (?, ?, ?)")
        for tag in tags { try statement.execute(arguments: [resource.rawValue, tag.key, tag.value]) }
    }

    func complete(_ completion: SnapshotCompletion) throws {
        try forgetCheckpoints(of: completion.id)
        let (image, durations) = (completion.image, completion.durations)
        try updatePending(
            completion.id,
            """
            state = 'completed', completionTime = ?, manifestRoot = ?, fullByteCount = ?, newByteCount = ?,
                storedByteCount = ?, securingMicroseconds = coalesce(?, securingMicroseconds),
                imagingMicroseconds = coalesce(?, imagingMicroseconds), processedByteCount = volumeByteCount,
                worker = NULL, request = NULL
            """,
            [
                completion.time.millisecondsSinceEpoch, image.manifestRoot.digest.blob, image.fullByteCount,
                image.newByteCount, image.storedByteCount, durations.securing?.wholeMicroseconds,
                durations.imaging?.wholeMicroseconds,
            ])
    }

    /// Changes a pending snapshot; `assignments` follow the SET. Throws `unknownSnapshot`, `notPending`.
    func updatePending(_ id: SnapshotID, _ assignments: String, _ arguments: StatementArguments) throws {
        let statement = try cachedStatement(
            sql: "UPDATE snapshot SET \(assignments) WHERE snapshotId = ? AND state = 'pending'"
        )
        try statement.execute(arguments: arguments + [id.rawValue])
        if changesCount == 0 { throw try whyNotPending(id) }
    }

    func whyNotPending(_ id: SnapshotID) throws -> CatalogueError {
        let statement = try cachedStatement(sql: "SELECT state FROM snapshot WHERE snapshotId = ?")
        guard let state = try String.fetchOne(statement, arguments: [id.rawValue]) else {
            return .unknown(id)
        }
        return CatalogueError(.notPending, id.rawValue, "is not pending but \(state)")
    }
}

extension Consistency {
    /// For the columns consistency, level, instant, freezeMicroseconds, hooks.
    func arguments() throws -> StatementArguments {
        let list = hooks.isEmpty ? nil : String(decoding: try JSONEncoder().encode(hooks), as: UTF8.self)
        return [
            method.rawValue, level?.rawValue, instant?.millisecondsSinceEpoch, freezeDuration?.wholeMicroseconds, list,
        ]
    }
}
