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

/// A row of table `snapshot`, taken from the statement itself: GRDB's `Row` finds out anew for every value what kind of
/// row it is, which at 10,000 snapshots took as long as SQLite itself.
private struct SnapshotRow {
    static let columns = """
        s.snapshotId, s.volume, s.state, s.stateMessage, s.startTime, s.completionTime, s.ownerId, s.description, \
        s.consistency, s.volumeByteCount, s.processedByteCount, s.encrypted, s.manifestRoot, s.fullByteCount, \
        s.newByteCount, s.storedByteCount
        """

    let id: String
    let volumeKey: Int64
    let state: SnapshotState
    let stateMessage: String?
    let startTime: Timestamp
    let completionTime: Timestamp?
    let ownerID: String
    let description: String
    let consistency: Consistency
    let volumeByteCount: Int
    let processedByteCount: Int
    let isEncrypted: Bool
    let image: SnapshotImage?

    init(_ row: StatementRow) throws {
        guard let state = SnapshotState(rawValue: try row.value(2)),
            let method = ConsistencyMethod(rawValue: try row.value(8))
        else { throw Row.malformed("the state of a snapshot") }
        id = try row.value(0)
        volumeKey = try row.value(1)
        self.state = state
        stateMessage = row.optional(3)
        startTime = Timestamp(millisecondsSinceEpoch: try row.value(4))
        completionTime = row.optional(5).map(Timestamp.init(millisecondsSinceEpoch:))
        ownerID = try row.value(6)
        description = try row.value(7)
        consistency = Consistency(method: method)
        volumeByteCount = try row.value(9)
        processedByteCount = try row.value(10)
        isEncrypted = try row.value(11)
        image = row.isNull(12) ? nil : try Self.image(row)
    }

    private static func image(_ row: StatementRow) throws -> SnapshotImage {
        SnapshotImage(
            manifestRoot: PageID(try row.digest(12)),
            fullByteCount: try row.value(13),
            newByteCount: try row.value(14),
            storedByteCount: try row.value(15)
        )
    }

    func snapshot(of volume: Volume, tags: [Tag]) -> Snapshot {
        Snapshot(
            id: SnapshotID(wellFormed: id),
            volume: volume,
            state: state,
            stateMessage: stateMessage,
            startTime: startTime,
            completionTime: completionTime,
            ownerID: ownerID,
            description: description,
            tags: tags,
            isEncrypted: isEncrypted,
            consistency: consistency,
            volumeByteCount: volumeByteCount,
            processedByteCount: processedByteCount,
            image: image
        )
    }
}
