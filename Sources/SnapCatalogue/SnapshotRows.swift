internal import GRDB
internal import SnapModel

/// Reads snapshots with their volumes and tags in three queries, however many there are.
///
/// Columns are taken by position: names are looked up for every value of every row, which at 10,000 snapshots takes
/// longer than all the rest.
extension Database {
    /// `clause` follows `FROM snapshot s`. `isEverything` says that it leaves none out, which spares naming each.
    func snapshots(
        _ clause: String,
        _ arguments: StatementArguments = [],
        isEverything: Bool = false
    ) throws -> [Snapshot] {
        let statement = try cachedStatement(sql: "SELECT \(SnapshotRow.columns) FROM snapshot s \(clause)")
        var rows: [SnapshotRow] = []
        let cursor = try Row.fetchCursor(statement, arguments: arguments)
        while try cursor.next() != nil { rows.append(try SnapshotRow(StatementRow(statement))) }
        let volumes = try volumesByKey(rows, isEverything)
        var tags = try tagsByResource(rows, isEverything)
        return try rows.map { row in
            guard let volume = volumes[row.volumeKey] else { throw Row.malformed("the volume of a snapshot") }
            return row.snapshot(of: volume, tags: tags.removeValue(forKey: row.id) ?? [])
        }
    }

    private func volumesByKey(_ rows: [SnapshotRow], _ isEverything: Bool) throws -> [Int64: Volume] {
        let keys = "[" + Set(rows.lazy.map(\.volumeKey)).map(String.init).joined(separator: ",") + "]"
        let volumes =
            isEverything
            ? try volumes("") : try volumes("WHERE id IN (SELECT value FROM json_each(?))", [keys])
        return Dictionary(uniqueKeysWithValues: volumes.lazy.map { ($0.key, $0.volume) })
    }

    private func tagsByResource(_ rows: [SnapshotRow], _ isEverything: Bool) throws -> [String: [Tag]] {
        // Of all: those from "snap-" on, before what follows the hyphen in ASCII.
        let condition =
            isEverything
            ? "BETWEEN '\(SnapshotID.prefix)-' AND '\(SnapshotID.prefix).'"
            : "IN (SELECT value FROM json_each(?))"
        let statement = try cachedStatement(
            sql:
                "SELECT resourceId, key, value FROM tag WHERE resourceId \(condition) ORDER BY resourceId, key"
        )
        let arguments: StatementArguments =
            isEverything ? [] : [JSONArray.text(of: rows.lazy.map { SnapshotID(wellFormed: $0.id) })]
        let cursor = try Row.fetchCursor(statement, arguments: arguments)
        var tags: [String: [Tag]] = [:]
        // Those of one resource come together: one entry of the dictionary for each.
        var current: (resource: String, tags: [Tag]) = ("", [])
        while let row = try cursor.next() {
            let resource: String = try row.value(0)
            if resource != current.resource {
                tags[current.resource] = current.tags
                current = (resource, [])
            }
            current.tags.append(Tag(key: try row.value(1), value: try row.value(2)))
        }
        tags[current.resource] = current.tags
        return tags
    }
}
