internal import GRDB
internal import SnapModel

/// A condition of SQL with what stands for its question marks.
struct SearchCondition {
    var sql: String
    var arguments: StatementArguments = []

    static let never = SearchCondition(sql: "0")

    /// Whether an expression, which is text or NULL, matches any of the patterns.
    static func matching(_ expression: String, _ patterns: [TextPattern]) -> SearchCondition {
        let literals = patterns.compactMap(\.literal)
        let globs = patterns.filter { $0.literal == nil }.map(\.glob)
        var alternatives: [String] = []
        if !literals.isEmpty {
            alternatives.append("\(expression) IN (\(marks(literals.count)))")
        }
        alternatives += globs.map { _ in "\(expression) GLOB ?" }
        return SearchCondition(sql: joined(alternatives, by: " OR "), arguments: StatementArguments(literals + globs))
    }

    static func any(of conditions: [SearchCondition]) -> SearchCondition { joined(conditions, by: " OR ") }

    static func all(of conditions: [SearchCondition]) -> SearchCondition {
        conditions.isEmpty ? SearchCondition(sql: "1") : joined(conditions, by: " AND ")
    }

    /// The same within other SQL.
    func within(_ before: String, _ after: String, _ more: StatementArguments = []) -> SearchCondition {
        SearchCondition(sql: before + sql + after, arguments: more + arguments)
    }

    static func marks(_ count: Int) -> String { repeatElement("?", count: count).joined(separator: ", ") }

    private static func joined(_ conditions: [SearchCondition], by word: String) -> SearchCondition {
        SearchCondition(
            sql: joined(conditions.map(\.sql), by: word),
            arguments: conditions.reduce(into: StatementArguments()) { $0 += $1.arguments })
    }

    /// None of none holds.
    private static func joined(_ alternatives: [String], by word: String) -> String {
        alternatives.isEmpty ? never.sql : "(" + alternatives.joined(separator: word) + ")"
    }
}
