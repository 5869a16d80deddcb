internal import FoundationEssentials
internal import GRDB
internal import SnapModel

/// What of snapshots and volumes may change after they were recorded.
extension Database {
    /// In place of what is recorded; the record in the store says the same then.
    func replaceAttributes(of snapshot: Snapshot) throws {
        let (lock, bin) = (snapshot.lock, snapshot.bin)
        let statement = try cachedStatement(
            sql: """
                UPDATE snapshot SET revision = ?, changing = 0, storageTier = ?, binEnterTime = ?, binExitTime = ?,
                    lockMode = ?, lockCreateTime = ?, lockStartTime = ?, lockDurationDays = ?, lockExpiryTime = ?,
                    coolOffHours = ?, coolOffExpiryTime = ?
                WHERE snapshotId = ?
                """
        )
        try statement.execute(arguments: [
            snapshot.revision, snapshot.storageTier.rawValue, bin?.enterTime.millisecondsSinceEpoch,
            bin?.exitTime.millisecondsSinceEpoch, lock?.mode.rawValue, lock?.createTime.millisecondsSinceEpoch,
            lock?.startTime?.millisecondsSinceEpoch, lock?.durationDays, lock?.expiryTime?.millisecondsSinceEpoch,
            lock?.coolOffHours, lock?.coolOffExpiryTime?.millisecondsSinceEpoch, snapshot.id.rawValue,
        ])
        try replaceTags(snapshot.tags, of: snapshot.id)
        try replacePermissions(snapshot.permissions, of: snapshot.id)
    }

    func replaceTags(_ tags: [Tag], of resource: some ResourceID) throws {
        try cachedStatement(sql: "DELETE FROM tag WHERE resourceId = ?").execute(arguments: [resource.rawValue])
        try insert(tags, of: resource)
    }

    private func replacePermissions(_ permissions: [CreateVolumePermission], of id: SnapshotID) throws {
        try cachedStatement(sql: "DELETE FROM createVolumePermission WHERE snapshotId = ?")
            .execute(arguments: [id.rawValue])
        let statement = try cachedStatement(
            sql: "INSERT INTO createVolumePermission (snapshotId, grantee) VALUES (?, ?)")
        for permission in permissions { try statement.execute(arguments: [id.rawValue, permission.grantee]) }
    }

    /// Whether a pending snapshot was changed since the record that is to complete it was made.
    func isRevised(_ completion: SnapshotCompletion) throws -> Bool {
        let statement = try cachedStatement(sql: "SELECT revision FROM snapshot WHERE snapshotId = ?")
        let revision = try Int.fetchOne(statement, arguments: [completion.id.rawValue])
        return revision.map { $0 != completion.revision } ?? false
    }
}

extension ProductCode {
    /// For a column: nil for none.
    static func text(of codes: [ProductCode]) throws -> String? {
        codes.isEmpty ? nil : String(decoding: try JSONEncoder().encode(codes), as: UTF8.self)
    }

    /// Parses `text`. What is no list of product codes was written by no release.
    static func list(_ text: String?) throws -> [ProductCode] {
        guard let text else { return [] }
        do {
            return try JSONDecoder().decode([ProductCode].self, from: Data(text.utf8))
        } catch {
            throw Row.malformed("product codes")
        }
    }
}
