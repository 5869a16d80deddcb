import GRDB
import SnapModel
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
            lines == SchemaGolden.v1.split(separator: "\n").map(String.init),
            "\(lines.joined(separator: "\n"))"
        )
    }

    /// Without comments, in single spaces.
    private static func normalised(_ sql: String) -> String {
        let lines = sql.split(separator: "\n").map {
            $0.split(separator: "--", omittingEmptySubsequences: false)[0]
        }
        return lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
    }

    @Test func stepsAreInOrder() {
        #expect(Schema.migrator(for: .random()).migrations == ["v1"])
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
