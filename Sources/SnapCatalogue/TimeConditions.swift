internal import GRDB
internal import SnapModel

/// Conditions on columns that EBS shows as another text than is stored.
enum TimeConditions {
    /// Of a column of milliseconds. What a pattern says of year, month and day narrows the search down to a range of the
    /// index; only in there are times made to texts.
    static func condition(_ column: String, _ patterns: [TextPattern]) -> SearchCondition {
        .any(
            of: patterns.map { pattern in
                if let literal = pattern.literal {
                    // The fraction of a second may be left out.
                    guard let time = Timestamp(literal) else { return .never }
                    return SearchCondition(sql: "\(column) = ?", arguments: [time.millisecondsSinceEpoch])
                }
                let text = SearchCondition.matching(Self.text(of: column), [pattern])
                guard let days = Timestamp.days(beginning: pattern.prefix) else { return text }
                let range: StatementArguments = [
                    days.lowerBound.millisecondsSinceEpoch, days.upperBound.millisecondsSinceEpoch,
                ]
                return text.within("(\(column) >= ? AND \(column) < ? AND ", ")", range)
            })
    }

    /// GiB, rounded up, at least one: as EBS counts.
    static func gibibytes(_ column: String) -> String {
        "CAST(max(1, (\(column) + 1073741823) / 1073741824) AS TEXT)"
    }

    private static func text(of column: String) -> String {
        """
        strftime('%Y-%m-%dT%H:%M:%S', (\(column) - (\(column) % 1000 + 1000) % 1000) / 1000, 'unixepoch') \
        || printf('.%03dZ', (\(column) % 1000 + 1000) % 1000)
        """
    }
}

extension Timestamp {
    /// The days whose texts begin with the first ten, seven or four characters of `text`; nil where these are no date.
    static func days(beginning text: String) -> Range<Timestamp>? {
        let midnight = "T00:00:00Z"
        for (length, rest) in [(10, ""), (7, "-01"), (4, "-01-01")] where text.utf8.count >= length {
            guard let first = Timestamp(text.prefix(length) + rest + midnight) else { continue }
            let dayCount: Int64 = length == 10 ? 1 : length == 7 ? 31 : 366
            let end = first.millisecondsSinceEpoch + dayCount * 86_400_000
            return first..<Timestamp(millisecondsSinceEpoch: end)
        }
        return nil
    }
}
