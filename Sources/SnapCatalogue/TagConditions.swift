internal import GRDB
internal import SnapModel

/// Conditions on the tags of a resource, whose id is an expression of the query around them.
///
/// What names its key is looked up once, in the index by key and value, and the `+` keeps SQLite from walking the
/// resources in that order: they are wanted in another, and mostly only the first thousand of them.
enum TagConditions {
    static func hasTag(_ key: String, _ patterns: [TextPattern], resource: String) -> SearchCondition {
        .matching("value", patterns)
            .within("+\(resource) IN (SELECT resourceId FROM tag WHERE key = ? AND ", ")", [key])
    }

    static func hasKey(_ patterns: [TextPattern], resource: String) -> SearchCondition {
        let isNamed = patterns.allSatisfy { $0.literal != nil }
        guard !isNamed else {
            return .matching("key", patterns).within("+\(resource) IN (SELECT resourceId FROM tag WHERE ", ")")
        }
        return .matching("t.key", patterns).within(eachTag(of: resource), ")")
    }

    static func hasValue(_ patterns: [TextPattern], resource: String) -> SearchCondition {
        .matching("t.value", patterns).within(eachTag(of: resource), ")")
    }

    private static func eachTag(of resource: String) -> String {
        "EXISTS (SELECT 1 FROM tag t WHERE t.resourceId = \(resource) AND "
    }
}
