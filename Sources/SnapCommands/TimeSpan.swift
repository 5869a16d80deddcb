internal import ArgumentParser

/// A span of time as people type it: `30`, `30s`, `500ms`, `5m`, `2h`. Without a unit: seconds.
struct TimeSpan: ExpressibleByArgument, Hashable {
    /// What a bound may be.
    static let range = Duration.milliseconds(1)...Duration.seconds(86_400)

    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    var defaultValueDescription: String { "\(duration / .seconds(1))s".replacing(".0s", with: "s") }

    init?(argument: String) {
        let digits = argument.prefix(while: { ("0"..."9").contains($0) })
        guard let number = Int(digits), let unit = Self.unit(argument.dropFirst(digits.count)) else { return nil }
        let (milliseconds, hasOverflowed) = number.multipliedReportingOverflow(by: unit)
        guard !hasOverflowed else { return nil }
        duration = .milliseconds(milliseconds)
    }

    private static func unit(_ suffix: Substring) -> Int? {
        switch suffix.lowercased() {
        case "ms": 1
        case "", "s": 1_000
        case "m", "min": 60_000
        case "h": 3_600_000
        default: nil
        }
    }
}
