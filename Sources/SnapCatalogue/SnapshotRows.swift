internal import GRDB
internal import SnapModel

/// Reads snapshots with their volumes, tags and permissions in a few queries, however many there are.
///
/// Columns are taken by position: names are looked up for every value of every row, which at 10,000 snapshots takes
/// longer than all the rest.
extension Database {
    /// `clause` follows `FROM snapshot s`. `isEverything` says that it leaves few out, which spares naming each.
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
        let ids = isEverything ? nil : rows.lazy.map { SnapshotID(wellFormed: $0.id) }
        var tags = try tags(of: ids)
        var permissions = try permissions(of: ids)
        return try rows.map { row in
            guard let volume = volumes[row.volumeKey] else { throw Row.malformed("the volume of a snapshot") }
            return row.snapshot(
                of: volume, tags: tags.removeValue(forKey: row.id) ?? [],
                permissions: permissions.removeValue(forKey: row.id) ?? [])
        }
    }

    private func volumesByKey(_ rows: [SnapshotRow], _ isEverything: Bool) throws -> [Int64: Volume] {
        let keys = "[" + Set(rows.lazy.map(\.volumeKey)).map(String.init).joined(separator: ",") + "]"
        let volumes =
            isEverything
            ? try volumes("") : try volumes("WHERE id IN (SELECT value FROM json_each(?))", [keys])
        return Dictionary(uniqueKeysWithValues: volumes.lazy.map { ($0.key, $0.volume) })
    }

    /// The tags of resources of one kind, by id, sorted by key; without `ids`: of all of that kind.
    func tags<ID: ResourceID>(of ids: (some Sequence<ID>)?) throws -> [String: [Tag]] {
        try grouped("SELECT resourceId, key, value FROM tag WHERE resourceId", "ORDER BY resourceId, key", ids) {
            Tag(key: try $0.value(1), value: try $0.value(2))
        }
    }

    private func permissions<ID: ResourceID>(
        of ids: (some Sequence<ID>)?
    ) throws -> [String: [CreateVolumePermission]] {
        let selection = "SELECT snapshotId, grantee FROM createVolumePermission WHERE snapshotId"
        return try grouped(selection, "ORDER BY snapshotId, grantee", ids) { row in
            guard let permission = CreateVolumePermission(grantee: try row.value(1)) else {
                throw Row.malformed("a permission")
            }
            return permission
        }
    }

    /// What a query that is ordered by resource has for each.
    private func grouped<ID: ResourceID, Element>(
        _ selection: String, _ order: String, _ ids: (some Sequence<ID>)?, _ element: (Row) throws -> Element
    ) throws -> [String: [Element]] {
        // Of all: those from "snap-" on, before what follows the hyphen in ASCII.
        let condition =
            ids == nil ? "BETWEEN '\(ID.prefix)-' AND '\(ID.prefix).'" : "IN (SELECT value FROM json_each(?))"
        let statement = try cachedStatement(sql: "\(selection) \(condition) \(order)")
        let arguments: StatementArguments = ids.map { [JSONArray.text(of: $0)] } ?? []
        let cursor = try Row.fetchCursor(statement, arguments: arguments)
        var groups: [String: [Element]] = [:]
        // Those of one resource come together: one entry of the dictionary for each.
        var current: (resource: String, elements: [Element]) = ("", [])
        while let row = try cursor.next() {
            let resource: String = try row.value(0)
            if resource != current.resource {
                groups[current.resource] = current.elements
                current = (resource, [])
            }
            current.elements.append(try element(row))
        }
        groups[current.resource] = current.elements
        return groups
    }
}
