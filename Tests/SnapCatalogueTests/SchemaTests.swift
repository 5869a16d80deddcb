import GRDB
import SnapModel
import SnapSystem
import SystemPackage
import Testing

@testable import SnapCatalogue

@Suite("The schema")
struct SchemaTests {
    let scratch: Scratch
    let catalogue: Catalogue

    init() throws {
        scratch = try Scratch()
        catalogue = try scratch.open()
    }

    /// A released step never changes: who changes this text adds a step instead.
    @Test func isTheOneThatWasReleased() throws {
        let lines = try catalogue.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"
            ).map { row in "\(row[0] as String) \(row[1] as String): \(Self.normalised(row[2]))" }
        }
        #expect(
            lines == SchemaGolden.v4.split(separator: "\n").map(String.init),
            "\(lines.joined(separator: "\n"))"
        )
    }

    /// What an earlier snapctl left is there after the step, and says what is known of it.
    @Test func whatVersion1RecordedIsKept() throws {
        let old = try Scratch()
        let queue = try DatabaseQueue(path: old.path.string)
        try queue.write { try $0.execute(sql: "PRAGMA application_id = \(Schema.applicationID)") }
        try Schema.migrator(for: old.store).migrate(queue, upTo: "v1")
        try queue.write { try $0.execute(sql: Self.rowsOfVersion1) }
        try queue.close()
        let migrated = try old.open()
        let snapshots = try migrated.snapshots(order: .oldestFirst)
        #expect(snapshots.map(\.state) == [.completed, .completed, .pending, .error])
        #expect(snapshots.map(\.consistency.level) == [.filesystem, ConsistencyLevel.none, nil, nil])
        #expect(snapshots.map(\.image?.newByteCount) == [7, 7, nil, nil])
        #expect(snapshots.allSatisfy { $0.worker == nil && $0.setID == nil && $0.consistency.hooks.isEmpty })
        let pending = try migrated.pendingSnapshots()
        #expect(pending.map(\.worker?.number) == [12] && pending.map(\.attemptCount) == [1])
        #expect(pending.map(\.request) == [nil])
    }

    /// The rules of version 3 for what earlier versions did not know: no record of its own, first revision, not deleted.
    @Test func whatVersion2RecordedIsKept() throws {
        let old = try Scratch()
        let queue = try DatabaseQueue(path: old.path.string)
        try queue.write { try $0.execute(sql: "PRAGMA application_id = \(Schema.applicationID)") }
        try Schema.migrator(for: old.store).migrate(queue, upTo: "v2")
        try queue.write { try $0.execute(sql: Self.rowsOfVersion1) }
        try queue.write { try $0.execute(sql: "INSERT INTO tag VALUES ('snap-1', 'a', 'b')") }
        try queue.close()
        let migrated = try old.open()
        let snapshots = try migrated.snapshots(order: .oldestFirst)
        #expect(snapshots.map(\.revision) == [1, 1, 1, 1])
        #expect(snapshots.allSatisfy { $0.bin == nil && $0.lock == nil && $0.storageTier == .standard })
        #expect(snapshots.allSatisfy { $0.permissions.isEmpty && $0.productCodes.isEmpty })
        #expect(snapshots[0].tags == [SnapModel.Tag(key: "a", value: "b")])
        #expect(try migrated.volumes().map(\.revision) == [0])
        #expect(try migrated.begunChanges().isEmpty)
    }

    private static let rowsOfVersion1 = """
        INSERT INTO volume VALUES (1, 'vol-1', 'strong', 'dm:x', '/dev/x', 8, 1, 1, 0, NULL);
        INSERT INTO snapshot (snapshotId, volume, state, startTime, ownerId, description, consistency,
            volumeByteCount, processedByteCount, manifestRoot, fullByteCount, newByteCount, storedByteCount, worker)
        VALUES ('snap-1', 1, 'completed', 1, '1', '', 'exclusive', 8, 8, zeroblob(32), 8, 7, 6, NULL),
            ('snap-2', 1, 'completed', 2, '1', '', 'none', 8, 8, zeroblob(32), 8, 7, 6, NULL),
            ('snap-3', 1, 'pending', 3, '1', '', 'exclusive', 8, 4, NULL, NULL, NULL, NULL, '12-34-abc'),
            ('snap-4', 1, 'error', 4, '1', '', 'none', 8, 4, NULL, NULL, NULL, NULL, NULL);
        """

    /// Without comments, in single spaces.
    private static func normalised(_ sql: String) -> String {
        let lines = sql.split(separator: "\n").map {
            $0.split(separator: "--", omittingEmptySubsequences: false)[0]
        }
        return lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
    }

    @Test func stepsAreInOrder() {
        #expect(Schema.migrator(for: .random()).migrations == ["v1", "v2", "v3", "v4"])
    }

    @Test func lookUpsAndListsUseIndices() throws {
        let queries = [
            "SELECT distrust FROM chunk WHERE digest = x''": "USING PRIMARY KEY",
            "SELECT digest FROM chunk WHERE distrust <> 0 LIMIT 9": "USING COVERING INDEX chunkDistrusted",
            "SELECT * FROM snapshot s ORDER BY s.startTime DESC, s.id DESC": "USING INDEX snapshotByStart",
            "SELECT snapshotId FROM snapshot WHERE state = 'pending' ORDER BY startTime, id":
                "snapshotByState",
            "SELECT * FROM snapshot s WHERE s.volume = 1 AND s.state = 'completed' ORDER BY s.startTime DESC, s.id DESC":
                "snapshotByVolume",
            "SELECT * FROM snapshot s WHERE s.setId = 'x'": "snapshotBySet",
            "SELECT snapshotId, lease, state FROM snapshot WHERE lease IS NOT NULL": "snapshotLeased",
            "SELECT snapshotId FROM snapshot WHERE changing <> 0 ORDER BY id": "snapshotChanging",
            "SELECT volumeId FROM volume WHERE changing <> 0 ORDER BY id": "volumeChanging",
            "SELECT * FROM snapshot s WHERE s.binEnterTime IS NOT NULL AND s.binExitTime <= 1 ORDER BY s.binExitTime, s.id":
                "snapshotInBin",
            "SELECT * FROM snapshot s WHERE s.lockMode IS NOT NULL AND s.binEnterTime IS NULL ORDER BY s.lockCreateTime DESC, s.id DESC":
                "snapshotLocked",
            "SELECT * FROM snapshot s WHERE 1 AND s.binEnterTime IS NULL ORDER BY s.startTime DESC, s.id DESC":
                "snapshotByStart",
            "SELECT resourceId FROM tag WHERE key = 'a' AND value = 'b'": "USING COVERING INDEX tagByKey",
            "SELECT leaf FROM checkpoint WHERE snapshot = 1 ORDER BY leaf": "USING PRIMARY KEY",
            "SELECT id FROM volume WHERE identity = '' AND strength = ''": "volumeByIdentity",
            "SELECT key FROM tag WHERE resourceId BETWEEN 'snap-' AND 'snap.' ORDER BY resourceId, key":
                "USING PRIMARY KEY",
        ]
        for (query, index) in queries {
            let plan = try catalogue.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(query)").map { $0[3] as String }
            }.joined(separator: "; ")
            #expect(plan.contains(index) && !plan.contains("TEMP B-TREE"), "\(query): \(plan)")
        }
    }
}
