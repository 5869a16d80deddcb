internal import GRDB
package import SnapModel

/// What a later worker of a pending snapshot need not do again.
extension Catalogue {
    /// Where the history of lost trust was when the first worker of a pending snapshot began to believe the index: that is
    /// now, when nobody has asked before. What all its workers found stored is to be trusted since then.
    /// Throws `unknownSnapshot`, `notPending`.
    package func trustGeneration(of id: SnapshotID) throws(CatalogueError) -> TrustGeneration {
        try write { database in
            let now = try database.trustGeneration()
            try database.updatePending(id, "trustGeneration = coalesce(trustGeneration, ?)", [now.rawValue])
            let statement = try database.cachedStatement(
                sql: "SELECT trustGeneration FROM snapshot WHERE snapshotId = ?"
            )
            return try Int64.fetchOne(statement, arguments: [id.rawValue]).map(TrustGeneration.init) ?? now
        }
    }

    /// Notes finished leaves of a pending snapshot, whose pages and chunks must be committed. A leaf may be noted again.
    /// Throws `unknownSnapshot`, `notPending`.
    package func noteCheckpoint(_ id: SnapshotID, leaves: [LeafCheckpoint]) throws(CatalogueError) {
        try write { database in
            let key = try database.key(ofPending: id)
            let statement = try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO checkpoint (snapshot, leaf, page, blockCount) VALUES (?, ?, ?, ?)"
            )
            for leaf in leaves {
                try statement.execute(arguments: [key, leaf.number, leaf.page?.digest.blob, leaf.blockCount])
            }
        }
    }

    /// The leaves noted, by number; none for a snapshot that has ended.
    package func checkpoint(_ id: SnapshotID) throws(CatalogueError) -> [LeafCheckpoint] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT leaf, page, blockCount FROM checkpoint
                    WHERE snapshot = (SELECT id FROM snapshot WHERE snapshotId = ?) ORDER BY leaf
                    """
            )
            return try Array(
                Row.fetchCursor(statement, arguments: [id.rawValue]).map { row in
                    let page = row.hasNull(atIndex: 1) ? nil : PageID(try row.digest(1))
                    return LeafCheckpoint(number: try row.value(0), page: page, blockCount: try row.value(2))
                }
            )
        }
    }
}

extension Database {
    func forgetCheckpoints(of id: SnapshotID) throws {
        let statement = try cachedStatement(
            sql: "DELETE FROM checkpoint WHERE snapshot = (SELECT id FROM snapshot WHERE snapshotId = ?)"
        )
        try statement.execute(arguments: [id.rawValue])
    }

    fileprivate func key(ofPending id: SnapshotID) throws -> Int64 {
        let statement = try cachedStatement(
            sql: "SELECT id FROM snapshot WHERE snapshotId = ? AND state = 'pending'"
        )
        guard let key = try Int64.fetchOne(statement, arguments: [id.rawValue]) else {
            throw try whyNotPending(id)
        }
        return key
    }
}
