internal import GRDB
internal import SnapModel

/// A condition on the tags of snapshots, in two forms, of which the better one depends on how many it holds for.
struct TagCondition {
    /// Selects the ids of the resources that it holds for, in the index by key and value.
    private let resources: SearchCondition
    /// What holds for one of the tags `t` of a resource.
    private let test: SearchCondition

    /// So many are looked up one by one and sorted; of more, most pages are filled soon by walking the snapshots in the
    /// order in which they are wanted.
    static let fewCount = 10_000

    static func tag(_ key: String, _ patterns: [TextPattern]) -> TagCondition {
        let value = SearchCondition.matching("t.value", patterns).within("t.key = ? AND ", "", [key])
        return TagCondition(resources: value.within("SELECT t.resourceId FROM tag t WHERE ", ""), test: value)
    }

    static func key(_ patterns: [TextPattern]) -> TagCondition {
        let key = SearchCondition.matching("t.key", patterns)
        return TagCondition(
            resources: .matching("k.key", patterns).within(eachKey, ""), test: key)
    }

    static func value(_ patterns: [TextPattern]) -> TagCondition {
        let value = SearchCondition.matching("t.value", patterns)
        return TagCondition(resources: value.within(eachKey, ""), test: value)
    }

    /// Keys are few, and found by leaping from each to the next in the index.
    private static let eachKey = """
        WITH RECURSIVE k (key) AS (SELECT min(key) FROM tag UNION ALL \
        SELECT (SELECT min(n.key) FROM tag n WHERE n.key > k.key) FROM k WHERE k.key IS NOT NULL) \
        SELECT t.resourceId FROM k CROSS JOIN tag t ON t.key = k.key WHERE k.key IS NOT NULL AND 
        """

    /// The form that is the better one now.
    func settled(in database: Database, fewCount: Int = fewCount) throws -> SearchCondition {
        let few = resources.within("SELECT count(*) FROM (", " LIMIT \(fewCount))")
        let count = try Int.fetchOne(database, sql: few.sql, arguments: few.arguments) ?? 0
        guard count == fewCount else { return resources.within("s.snapshotId IN (", ")") }
        return test.within("EXISTS (SELECT 1 FROM tag t WHERE t.resourceId = s.snapshotId AND ", ")")
    }
}
