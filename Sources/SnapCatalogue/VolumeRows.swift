internal import GRDB
internal import SnapModel

/// A volume as it was found.
struct SeenVolume {
    var identity: VolumeIdentity
    var path: String
    var byteCount: Int
    var time: Timestamp
}

/// A volume and the number that other tables have for it.
struct StoredVolume {
    var key: Int64
    var volume: Volume
}

extension Database {
    enum Registration {
        case registered(Volume)
        /// Whether this one is still where it was must be found out first.
        case undecided(Volume)
    }

    /// One attempt, with what was found out so far about others of the same identity.
    func register(_ seen: SeenVolume, departed: Set<Volume>, present: Set<Volume>) throws -> Registration {
        // The last seen first.
        let claimants = try volumes(
            "WHERE identity = ? AND strength = ? ORDER BY seenTime DESC, id DESC",
            [seen.identity.value, seen.identity.strength.rawValue]
        )
        if let known = claimants.first(where: {
            seen.identity.strength == .strong || $0.volume.path == seen.path
        }) {
            return .registered(try refresh(known, seen))
        }
        for claimant in claimants where !present.contains(claimant.volume) {
            guard departed.contains(claimant.volume) else { return .undecided(claimant.volume) }
            return .registered(try refresh(claimant, seen))
        }
        let volume = Volume(
            id: .random(),
            identity: seen.identity,
            path: seen.path,
            byteCount: seen.byteCount,
            createTime: seen.time
        )
        try insert(volume, seen: seen.time)
        return .registered(volume)
    }

    /// `clause` follows the FROM of a query of volumes.
    func volumes(_ clause: String, _ arguments: StatementArguments = []) throws -> [StoredVolume] {
        let columns = """
            id, volumeId, strength, identity, path, byteCount, createTime, productCodes, sourceSnapshotId, encrypted, \
            dataEncryptionKeyId, kmsKeyId, revision
            """
        let statement = try cachedStatement(sql: "SELECT \(columns) FROM volume \(clause)")
        var volumes = try Array(Row.fetchCursor(statement, arguments: arguments).map(StoredVolume.init))
        let tags = try tags(of: clause.isEmpty ? nil : volumes.map(\.volume.id))
        for index in volumes.indices { volumes[index].volume.tags = tags[volumes[index].volume.id.rawValue] ?? [] }
        return volumes
    }

    /// The number that other tables have for a volume. Throws `unknownVolume`.
    func key(of volume: VolumeID) throws -> Int64 {
        guard let known = try volumes("WHERE volumeId = ?", [volume.rawValue]).first else {
            throw CatalogueError.unknown(volume)
        }
        return known.key
    }

    private func refresh(_ known: StoredVolume, _ seen: SeenVolume) throws -> Volume {
        let statement = try cachedStatement(
            sql: "UPDATE volume SET path = ?, byteCount = ?, seenTime = ? WHERE id = ?"
        )
        try statement.execute(
            arguments: [seen.path, seen.byteCount, seen.time.millisecondsSinceEpoch, known.key])
        var volume = known.volume
        volume.path = seen.path
        volume.byteCount = seen.byteCount
        return volume
    }

    private func insert(_ volume: Volume, seen time: Timestamp) throws {
        let statement = try cachedStatement(
            sql: """
                INSERT INTO volume (volumeId, strength, identity, path, byteCount, seenTime, createTime)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            volume.id.rawValue, volume.identity.strength.rawValue, volume.identity.value, volume.path,
            volume.byteCount, time.millisecondsSinceEpoch, volume.createTime.millisecondsSinceEpoch,
        ])
        try replaceAttributes(of: volume)
    }

    /// What only we know of a volume: in place of what is recorded.
    func replaceAttributes(of volume: Volume) throws {
        try noteLineage(volume.dataEncryptionKeyID, volume.kmsKeyID, at: volume.createTime)
        let statement = try cachedStatement(
            sql: """
                UPDATE volume SET productCodes = ?, sourceSnapshotId = ?, encrypted = ?, dataEncryptionKeyId = ?,
                    kmsKeyId = ?, revision = ?, changing = 0
                WHERE volumeId = ?
                """
        )
        try statement.execute(arguments: [
            try ProductCode.text(of: volume.productCodes), volume.sourceSnapshot?.rawValue, volume.isEncrypted,
            volume.dataEncryptionKeyID, volume.kmsKeyID, volume.revision, volume.id.rawValue,
        ])
        try replaceTags(volume.tags, of: volume.id)
    }

    /// Takes over a volume from its own record. What a snapshot's record told of where it is stays.
    func adoptRecorded(_ volume: Volume) throws {
        if try volumes("WHERE volumeId = ?", [volume.id.rawValue]).isEmpty {
            try insert(volume, seen: volume.createTime)
        } else {
            try replaceAttributes(of: volume)
        }
    }

    /// Takes over a volume from a snapshot's record, in which it is as it was at `time`. What is known of a later time
    /// stays. Returns the number of its row.
    func adopt(_ volume: Volume, seen time: Timestamp) throws -> Int64 {
        guard let known = try volumes("WHERE volumeId = ?", [volume.id.rawValue]).first else {
            try insert(volume, seen: time)
            return lastInsertedRowID
        }
        let statement = try cachedStatement(
            sql: """
                UPDATE volume SET strength = ?, identity = ?, path = ?, byteCount = ?, seenTime = ?
                WHERE id = ? AND seenTime <= ?
                """
        )
        try statement.execute(arguments: [
            volume.identity.strength.rawValue, volume.identity.value, volume.path, volume.byteCount,
            time.millisecondsSinceEpoch, known.key, time.millisecondsSinceEpoch,
        ])
        // Its own record, where it has one, says more than any snapshot's.
        if changesCount == 1, known.volume.revision <= volume.revision { try replaceAttributes(of: volume) }
        return known.key
    }
}

extension StoredVolume {
    init(_ row: Row) throws {
        guard let strength = VolumeIdentity.Strength(rawValue: try row.value(2)) else {
            throw Row.malformed("the identity of a volume")
        }
        key = try row.value(0)
        volume = Volume(
            id: VolumeID(wellFormed: try row.value(1)),
            identity: VolumeIdentity(strength: strength, value: try row.value(3)),
            path: try row.value(4),
            byteCount: try row.value(5),
            createTime: try row.time(6),
            productCodes: try ProductCode.list(try row.optional(7)),
            sourceSnapshot: (try row.optional(8)).map { SnapshotID(wellFormed: $0) },
            isEncrypted: try row.value(9),
            dataEncryptionKeyID: try row.optional(10),
            kmsKeyID: try row.optional(11),
            revision: try row.value(12)
        )
    }
}
