internal import FoundationEssentials
internal import GRDB
internal import SnapModel
internal import SnapSystem

extension Database {
    /// Of two records of one snapshot the one with the higher revision counts; of equals the later.
    func importSnapshot(_ snapshot: Snapshot) throws {
        let statement = try cachedStatement(sql: "SELECT revision FROM snapshot WHERE snapshotId = ?")
        let known = try Int.fetchOne(statement, arguments: [snapshot.id.rawValue])
        if let known, known > snapshot.revision { return }
        let volumeKey = try adopt(snapshot.volume, seen: snapshot.startTime)
        try removeSnapshot(snapshot.id)
        try insert(snapshot, volumeKey: volumeKey, worker: nil, request: nil)
    }

    /// The row, and all that hangs on it.
    func removeSnapshot(_ id: SnapshotID) throws {
        for sql in [
            "DELETE FROM tag WHERE resourceId = ?", "DELETE FROM createVolumePermission WHERE snapshotId = ?",
            "DELETE FROM snapshot WHERE snapshotId = ?",
        ] { try cachedStatement(sql: sql).execute(arguments: [id.rawValue]) }
    }

    func insert(_ snapshot: Snapshot, volumeKey: Int64, worker: ProcessIdentity?, request: String?) throws {
        let statement = try cachedStatement(
            sql: """
                INSERT INTO snapshot (
                    snapshotId, volume, state, stateMessage, startTime, completionTime, ownerId, description,
                    volumeByteCount, processedByteCount, manifestRoot, fullByteCount, newByteCount, storedByteCount,
                    worker, encrypted, setId, workerAttempts, logPath, workerNumber, securingMicroseconds,
                    imagingMicroseconds, request, consistency, level, instant, freezeMicroseconds, hooks,
                    dataEncryptionKeyId, kmsKeyId, productCodes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try noteLineage(snapshot.dataEncryptionKeyID, snapshot.kmsKeyID, at: snapshot.startTime)
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
        let keys: StatementArguments = [
            snapshot.dataEncryptionKeyID, snapshot.kmsKeyID, try ProductCode.text(of: snapshot.productCodes),
        ]
        try statement.execute(arguments: arguments + snapshot.consistency.arguments() + keys)
        try replaceAttributes(of: snapshot)
    }

    func noteLineage(_ dataEncryptionKeyID: String?, _ kmsKeyID: String?, at time: Timestamp) throws {
        guard let dataEncryptionKeyID else { return }
        let statement = try cachedStatement(
            sql: """
                INSERT INTO lineage (dataEncryptionKeyId, kmsKeyId, createTime) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
                """
        )
        try statement.execute(arguments: [dataEncryptionKeyID, kmsKeyID ?? "", time.millisecondsSinceEpoch])
    }

    func insert(_ tags: [Tag], of resource: some ResourceID) throws {
        let statement = try cachedStatement(sql: "INSERT INTO tag (resourceId, key, value) VALUES (?, ?, ?)")
        for tag in tags { try statement.execute(arguments: [resource.rawValue, tag.key, tag.value]) }
    }

    func complete(_ completion: SnapshotCompletion) throws {
        try forgetCheckpoints(of: completion.id)
        let (image, durations, lock) = (completion.image, completion.durations, completion.lock)
        try updatePending(
            completion.id,
            """
            state = 'completed', stateMessage = NULL, completionTime = ?, manifestRoot = ?, fullByteCount = ?, newByteCount = ?,
                storedByteCount = ?, securingMicroseconds = coalesce(?, securingMicroseconds),
                imagingMicroseconds = coalesce(?, imagingMicroseconds), processedByteCount = volumeByteCount,
                worker = NULL, request = NULL, lockStartTime = ?, lockDurationDays = ?, lockExpiryTime = ?
            """,
            [
                completion.time.millisecondsSinceEpoch, image.manifestRoot.digest.blob, image.fullByteCount,
                image.newByteCount, image.storedByteCount, durations.securing?.wholeMicroseconds,
                durations.imaging?.wholeMicroseconds, lock?.startTime?.millisecondsSinceEpoch, lock?.durationDays,
                lock?.expiryTime?.millisecondsSinceEpoch,
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
