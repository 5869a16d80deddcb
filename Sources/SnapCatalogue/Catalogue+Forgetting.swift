internal import GRDB
package import SnapModel

extension Catalogue {
    /// Forgets snapshots that have ended, with their tags, in one transaction; what they shared with others stays. Their
    /// records must be gone. Returns which were forgotten: not those that are pending, or whose points in time are held.
    package func forget(_ ids: [SnapshotID]) throws(CatalogueError) -> [SnapshotID] {
        try write { database in
            try ids.filter { id in
                let statement = try database.cachedStatement(
                    sql: "DELETE FROM snapshot WHERE snapshotId = ? AND state <> 'pending' AND lease IS NULL"
                )
                try statement.execute(arguments: [id.rawValue])
                guard database.changesCount == 1 else { return false }
                let tags = try database.cachedStatement(sql: "DELETE FROM tag WHERE resourceId = ?")
                try tags.execute(arguments: [id.rawValue])
                return true
            }
        }
    }
}
