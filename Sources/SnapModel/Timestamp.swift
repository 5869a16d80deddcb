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

    /// Parses what `description` prints; the fraction may be missing.
    package init?(_ text: String) {
        let parts = text.split(whereSeparator: { "-T:.Z".contains($0) })
        guard text.hasSuffix("Z"), (6...7).contains(parts.count) else { return nil }
        let numbers = parts.compactMap { Int64($0) }
        guard numbers.count == parts.count, (1...12).contains(numbers[1]), (1...31).contains(numbers[2])
        else {
            return nil
        }
        guard numbers[3] < 24, numbers[4] < 60, numbers[5] < 60 else { return nil }
        let fraction = parts.count == 7 ? numbers[6] : 0
        guard fraction < 1_000 else { return nil }
        let days = Self.days(year: numbers[0], month: numbers[1], day: numbers[2])
        let seconds = days * 86_400 + numbers[3] * 3_600 + numbers[4] * 60 + numbers[5]
        self.init(millisecondsSinceEpoch: seconds * 1_000 + fraction)
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
