internal import GRDB
package import SnapModel

/// What was found, and where more may be.
package struct FoundSnapshots: Sendable {
    package var snapshots: [Snapshot]
    /// nil when there is no more.
    package var next: SnapshotPosition?
}

extension Catalogue {
    /// The snapshots that are searched for, newest first, as they are at one instant.
    ///
    /// A list that is read in pages, each after the `next` of the one before, has every snapshot once that was there from
    /// the first to the last page, whatever came and went meanwhile. Throws `unknownSnapshot` for the first of
    /// `ids` that there is none of.
    package func snapshots(_ search: SnapshotSearch) throws(CatalogueError) -> FoundSnapshots {
        try read { database in
            if let ids = search.ids { try database.checkKnown(ids) }
            let condition = SearchCondition.all(of: try search.conditions(in: database))
            var arguments = condition.arguments
            var limit = ""
            if let count = search.limit {
                limit = "LIMIT ?"
                // One more tells whether there is more.
                arguments += [count + 1]
            }
            var found = try database.snapshots(
                "WHERE \(condition.sql) ORDER BY s.startTime DESC, s.id DESC \(limit)", arguments,
                isEverything: search == SnapshotSearch())
            guard let count = search.limit, found.count > count else { return FoundSnapshots(snapshots: found) }
            found.removeLast()
            return FoundSnapshots(snapshots: found, next: try found.last.map(database.position))
        }
    }
}

extension SnapshotSearch {
    fileprivate func conditions(in database: Database) throws -> [SearchCondition] {
        var conditions = [SearchCondition(sql: "s.binEnterTime IS NULL")]
        if let after {
            conditions.append(
                SearchCondition(
                    sql: "(s.startTime, s.id) < (?, ?)",
                    arguments: [after.startTime.millisecondsSinceEpoch, after.recordNumber]))
        }
        if let ids {
            conditions.append(
                SearchCondition(
                    sql: "s.snapshotId IN (SELECT value FROM json_each(?))", arguments: [JSONArray.text(of: ids)]))
        }
        if let owners {
            let list = "s.ownerId IN (\(SearchCondition.marks(owners.count)))"
            conditions.append(SearchCondition(sql: list, arguments: StatementArguments(owners)))
        }
        if let restorers { conditions.append(.any(of: restorers.map(SnapshotConditions.condition(of:)))) }
        return try conditions + filters.map { try SnapshotConditions.condition(of: $0, in: database) }
    }
}

extension Database {
    fileprivate func checkKnown(_ ids: [SnapshotID]) throws {
        let statement = try cachedStatement(
            sql: """
                SELECT snapshotId FROM snapshot
                WHERE snapshotId IN (SELECT value FROM json_each(?)) AND binEnterTime IS NULL
                """)
        let known = Set(try String.fetchAll(statement, arguments: [JSONArray.text(of: ids)]))
        if let unknown = ids.first(where: { !known.contains($0.rawValue) }) { throw CatalogueError.unknown(unknown) }
    }

    fileprivate func position(of snapshot: Snapshot) throws -> SnapshotPosition {
        let statement = try cachedStatement(sql: "SELECT id FROM snapshot WHERE snapshotId = ?")
        guard let number = try Int64.fetchOne(statement, arguments: [snapshot.id.rawValue]) else {
            throw CatalogueError.unknown(snapshot.id)
        }
        return SnapshotPosition(startTime: snapshot.startTime, recordNumber: number)
    }
}
