/// A span as calendars count it: `7d`, `1y6mo`, `2w12h`.
package struct CalendarSpan: Hashable, Sendable, CustomStringConvertible {
    package var years: Int64 = 0
    package var months: Int64 = 0
    package var weeks: Int64 = 0
    package var days: Int64 = 0
    /// Of sixty minutes, whatever clocks are changed.
    package var hours: Int64 = 0

    private static var units: [(suffix: String, part: WritableKeyPath<CalendarSpan, Int64>)] {
        [("y", \.years), ("mo", \.months), ("w", \.weeks), ("d", \.days), ("h", \.hours)]
    }
    private static let partLimit: Int64 = 100_000

    package init(days: Int64 = 0) { self.days = days }

    /// Numbers, each with its unit: y, mo, w, d, h, in this order, each once. `m` is none: for some it is minutes.
    package init?(_ text: String) {
        var rest = text[...]
        for (suffix, part) in Self.units {
            let digits = rest.prefix(while: { ("0"..."9").contains($0) })
            let after = rest.dropFirst(digits.count)
            guard after.prefix(while: \.isLetter) == suffix else { continue }
            guard let number = Int64(digits), number <= Self.partLimit else { return nil }
            self[keyPath: part] = number
            rest = after.dropFirst(suffix.count)
        }
        guard rest.isEmpty, !text.isEmpty else { return nil }
    }

    package var description: String {
        let parts = Self.units.filter { self[keyPath: $0.part] > 0 }.map { "\(self[keyPath: $0.part])\($0.suffix)" }
        return parts.isEmpty ? "0d" : parts.joined()
    }

    /// That much before `time`, by the clocks of `zone`.
    package func before(_ time: Timestamp, in zone: TimeZoneRules) -> Timestamp {
        let clock = zone.clock(at: time)
        let day =
            CivilDay(number: clock.flooredQuotient(Timestamp.dayLength))
            .subtracting(months: years * 12 + months).number - weeks * 7 - days
        let earlier = zone.instant(ofClock: day * Timestamp.dayLength + clock.flooredRemainder(Timestamp.dayLength))
        return Timestamp(millisecondsSinceEpoch: earlier.millisecondsSinceEpoch - hours * 3_600_000)
    }
}
