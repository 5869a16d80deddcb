internal import GRDB
package import SnapModel

/// What holds a point in time after the process that took it may have ended.
package struct HeldPointInTime: Hashable, Sendable {
    package var snapshot: SnapshotID
    /// As it was noted.
    package var lease: String
    package var state: SnapshotState
}

extension Catalogue {
    /// Notes that the point in time of a pending snapshot is taken: how, how long that took, how large the volume was
    /// then, and, where it outlives the process, what holds it. Throws `unknownSnapshot`, `notPending`.
    package func notePointInTime(
        _ id: SnapshotID, consistency: Consistency, lease: String?, securing: Duration, volumeByteCount: Int
    ) throws(CatalogueError) {
        try write { database in
            try database.updatePending(
                id,
                """
                lease = ?, securingMicroseconds = ?, volumeByteCount = ?, consistency = ?, level = ?, instant = ?,
                    freezeMicroseconds = ?, hooks = ?
                """,
                [lease, securing.wholeMicroseconds, volumeByteCount] + consistency.arguments())
        }
    }

    /// Notes what became of freeze and hooks later, also of a snapshot that failed. Throws `unknownSnapshot`, and
    /// `notPending` for one that is completed, whose record in the store says it for ever.
    package func noteConsistency(_ id: SnapshotID, _ consistency: Consistency) throws(CatalogueError) {
        try write { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE snapshot SET consistency = ?, level = ?, instant = ?, freezeMicroseconds = ?, hooks = ?
                    WHERE snapshotId = ? AND state <> 'completed'
                    """
            )
            try statement.execute(arguments: consistency.arguments() + [id.rawValue])
            if database.changesCount == 0 { throw try database.whyNotPending(id) }
        }
    }

    /// Notes that nothing of the point in time of a snapshot is left behind, whatever its state. May be repeated.
    /// Throws `unknownSnapshot`.
    package func releasePointInTime(_ id: SnapshotID) throws(CatalogueError) {
        try write { database in
            let statement = try database.cachedStatement(sql: "UPDATE snapshot SET lease = NULL WHERE snapshotId = ?")
            try statement.execute(arguments: [id.rawValue])
            if database.changesCount == 0 { throw CatalogueError.unknown(id) }
        }
    }

    /// All points in time that are held and not noted as released, also those of snapshots that have ended.
    package func leases() throws(CatalogueError) -> [HeldPointInTime] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT snapshotId, lease, state FROM snapshot WHERE lease IS NOT NULL"
            )
            return try Array(
                Row.fetchCursor(statement).map { row in
                    guard let state = SnapshotState(rawValue: try row.value(2)) else {
                        throw Row.malformed("the state of a snapshot")
                    }
                    return HeldPointInTime(
                        snapshot: SnapshotID(wellFormed: try row.value(0)), lease: try row.value(1), state: state)
                }
            )
        }
    }
}
