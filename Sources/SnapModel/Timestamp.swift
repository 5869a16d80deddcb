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
        guard (1...12).contains(month), day >= 1, day <= Self.dayCount(year: year, month: month) else { return nil }
        guard numbers[3] < 24, numbers[4] < 60, numbers[5] < 60 else { return nil }
        let days = Self.days(year: year, month: month, day: day)
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

    /// The proleptic Gregorian date (year, month, day) and the milliseconds since its midnight, in UTC.
    private var components: (date: (year: Int64, month: Int64, day: Int64), time: Int64) {
        let dayLength: Int64 = 86_400_000
        let time = ((millisecondsSinceEpoch % dayLength) + dayLength) % dayLength
        // Days since 0000-03-01, in eras of 400 years: leap days then fall at the end of a year.
        let days = (millisecondsSinceEpoch - time) / dayLength + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return ((yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day), time)
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

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

    private static func dayCount(year: Int64, month: Int64) -> Int64 {
        let next = month == 12 ? (year: year + 1, month: 1) : (year: year, month: month + 1)
        return days(year: next.year, month: next.month, day: 1) - days(year: year, month: month, day: 1)
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
