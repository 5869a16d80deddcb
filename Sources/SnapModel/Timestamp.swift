/// An instant, in whole milliseconds since 1970-01-01T00:00:00Z: the resolution of EBS's times.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let millisecondsSinceEpoch: Int64

    package init(millisecondsSinceEpoch: Int64) { self.millisecondsSinceEpoch = millisecondsSinceEpoch }

    /// As EBS prints it: `2014-02-28T21:06:01.000Z`.
    package var description: String {
        let (date, time) = components
        // One array and one string: lists print two of these for each snapshot.
        var text: [UInt8] = []
        text.reserveCapacity(24)
        Self.append(date.year, 4, "-", to: &text)
        Self.append(date.month, 2, "-", to: &text)
        Self.append(date.day, 2, "T", to: &text)
        Self.append(time / 3_600_000, 2, ":", to: &text)
        Self.append(time / 60_000 % 60, 2, ":", to: &text)
        Self.append(time / 1_000 % 60, 2, ".", to: &text)
        Self.append(time % 1_000, 3, "Z", to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Parses what `description` prints, of the years 0 to 9999; the fraction may be missing.
    package init?(_ text: String) {
        let characters = Array(text.utf8)
        guard
            let numbers = Self.numbers(in: characters, by: Self.pattern)
                ?? Self.numbers(in: characters, by: Self.shortPattern)
        else { return nil }
        let (year, month, day) = (numbers[0], numbers[1], numbers[2])
        guard (1...12).contains(month), day >= 1, day <= CivilDay.dayCount(year: year, month: month) else { return nil }
        guard numbers[3] < 24, numbers[4] < 60, numbers[5] < 60 else { return nil }
        let days = CivilDay(year: year, month: month, day: day).number
        let seconds = days * 86_400 + numbers[3] * 3_600 + numbers[4] * 60 + numbers[5]
        // After the last separator comes the fraction, or nothing: 0.
        self.init(millisecondsSinceEpoch: seconds * 1_000 + numbers[6])
    }

    package func earlier(by duration: Duration) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: millisecondsSinceEpoch - Int64(duration / .milliseconds(1)))
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }

    /// The date and the milliseconds since its midnight, in UTC.
    private var components: (date: (year: Int64, month: Int64, day: Int64), time: Int64) {
        let day = CivilDay(number: millisecondsSinceEpoch.flooredQuotient(Self.dayLength))
        return (day.date, millisecondsSinceEpoch.flooredRemainder(Self.dayLength))
    }

    /// In milliseconds.
    static let dayLength: Int64 = 86_400_000

    /// A number in at least `width` digits, and the character after it.
    private static func append(_ number: Int64, _ width: Int, _ end: Unicode.Scalar, to text: inout [UInt8]) {
        if number < 0 { text.append(UInt8(ascii: "-")) }
        var digits = 1
        var power: UInt64 = 1
        while digits < width || number.magnitude / power >= 10 { (digits, power) = (digits + 1, power * 10) }
        while power > 0 {
            text.append(UInt8(ascii: "0") + UInt8(number.magnitude / power % 10))
            power /= 10
        }
        text.append(UInt8(ascii: end))
    }
}

extension Timestamp {
    /// A zero stands for a digit, all else for itself.
    private static let pattern = Array("0000-00-00T00:00:00.000Z".utf8)
    private static let shortPattern = Array("0000-00-00T00:00:00Z".utf8)

    /// The numbers between the separators; nil when `characters` are not as `pattern` says.
    private static func numbers(in characters: [UInt8], by pattern: [UInt8]) -> [Int64]? {
        guard characters.count == pattern.count else { return nil }
        let (zero, nine) = (UInt8(ascii: "0"), UInt8(ascii: "9"))
        var numbers: [Int64] = []
        var number: Int64 = 0
        for (character, expected) in zip(characters, pattern) {
            if expected == zero {
                guard (zero...nine).contains(character) else { return nil }
                number = number * 10 + Int64(character - zero)
            } else {
                guard character == expected else { return nil }
                numbers.append(number)
                number = 0
            }
        }
        return numbers + [number]
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Timestamp(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\(text) is not a UTC time"
            )
        }
        self = time
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
