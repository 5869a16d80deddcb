import Foundation
import SnapModel
import SnapTestSupport
import Testing

/// Milliseconds since the epoch by counting days one after the other: slow, plain, and not the arithmetic under test.
private struct CountedDays: Sequence, IteratorProtocol {
    private var (year, month, day) = (1970, 1, 1)
    private var number: Int64 = 0

    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    static func length(of month: Int, in year: Int) -> Int {
        month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    mutating func next() -> (date: String, milliseconds: Int64)? {
        guard year <= 2_400 else { return nil }
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        let result = ("\(year)-\(two(month))-\(two(day))", number * 86_400_000)
        number += 1
        day += 1
        if day > Self.length(of: month, in: year) { (month, day) = (month + 1, 1) }
        if month > 12 { (year, month) = (year + 1, 1) }
        return result
    }
}

@Suite("Timestamps")
struct TimestampTests {
    @Test func everyDayFrom1970To2400() {
        var (count, wrong) = (0, [String]())
        for (date, milliseconds) in CountedDays() {
            let (first, last) = (date + "T00:00:00.000Z", date + "T23:59:59.999Z")
            if Timestamp(millisecondsSinceEpoch: milliseconds).description != first { wrong.append(first) }
            if Timestamp(millisecondsSinceEpoch: milliseconds + 86_399_999).description != last {
                wrong.append(last)
            }
            if Timestamp(first)?.millisecondsSinceEpoch != milliseconds { wrong.append("parsing " + first) }
            if Timestamp(last)?.millisecondsSinceEpoch != milliseconds + 86_399_999 {
                wrong.append("parsing " + last)
            }
            count += 1
        }
        // 431 years; leap are those from 1972 to 2400 by four, without 2100, 2200 and 2300.
        #expect(count == 431 * 365 + 105)
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    @Test func randomInstantsAgreeWithFoundation() throws {
        var generator = SeededRandom(seed: 70)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<2_000 {
            // Whole halves of a second: Foundation's Date is a floating-point number.
            let milliseconds = Int64.random(in: 0..<13_569_465_600, using: &generator) * 1_000 + 500
            let text = Timestamp(millisecondsSinceEpoch: milliseconds).description
            #expect(text == Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(style))
            #expect(Timestamp(text)?.millisecondsSinceEpoch == milliseconds)
        }
    }

    @Test func randomMillisecondsSurvive() {
        var generator = SeededRandom(seed: 71)
        for _ in 0..<2_000 {
            let time = Timestamp(
                millisecondsSinceEpoch: .random(in: 0..<13_569_465_600_000, using: &generator)
            )
            #expect(Timestamp(time.description) == time)
            #expect(time.description.utf8.count == 24)
        }
    }

    @Test(
        arguments: [
            ("2014-02-28T21:06:01.000Z", 1_393_621_561_000), ("2014-02-28T21:06:01Z", 1_393_621_561_000),
            ("1970-01-01T00:00:00.001Z", 1), ("2000-02-29T00:00:00.000Z", 951_782_400_000),
            ("2400-02-29T12:00:00.500Z", 13_574_606_400_500), ("1969-12-31T23:59:59.999Z", -1),
        ] as [(String, Int64)]
    )
    func known(text: String, milliseconds: Int64) throws {
        let time = try #require(Timestamp(text))
        #expect(time.millisecondsSinceEpoch == milliseconds)
        #expect(time.description.hasPrefix(text.dropLast()))
    }

    @Test(arguments: [
        "", "Z", "now", "2014-02-28", "2014-02-28T21:06:01", "2014-02-28T21:06Z", "2014-02-28T21:06:01.000",
        "2014-02-28 21:06:01Z", "2014-02-28T21:06:01.000+00:00", "2014-02-28t21:06:01.000z",
        "2014-00-28T21:06:01Z", "2014-13-28T21:06:01Z", "2014-02-00T21:06:01Z", "2014-02-29T21:06:01Z",
        "2014-02-30T21:06:01Z", "2014-04-31T21:06:01Z", "2100-02-29T00:00:00Z", "2014-01-32T21:06:01Z",
        "2014-02-28T24:00:00Z", "2014-02-28T21:60:01Z", "2014-02-28T21:06:60Z", "2014-02-28T21:06:01.1000Z",
        "2014-02-28T21:06:01.5Z", "2014-02-28T21:06:01.Z", "2014-2-28T21:06:01Z", "14-02-28T21:06:01Z",
        "2014-02-28T21:06:01ZZ", "2014Z02T28:21-06.01Z", "2014-02-28T21:06:-1Z", "2014-02-28T21:06:+1Z",
        "+014-02-28T21:06:01Z", "-014-02-28T21:06:01Z", "2014-02-28T21:06:01,000Z", " 2014-02-28T21:06:01Z",
        "2014-02-28T21:06:01.000Z\n", "2014-02-28T21:06:0\u{665}Z", "2014-02-28T21:06:01.0\u{e9}Z",
        "9223372036854775807-01-01T00:00:00Z", "99999999999999-01-01T00:00:00.000Z",
        "-9223372036854775808-01-01T00:00:00Z", "2014-02-28T21:06:01.99999999999999999999Z",
    ])
    func malformed(text: String) { #expect(Timestamp(text) == nil) }

    /// Records are JSON: whatever stands in one, it is parsed or refused.
    @Test func mutatedTextNeverTraps() {
        var generator = SeededRandom(seed: 72)
        let alphabet = Array("0123456789-T:.Z+e9999999999".utf8)
        for _ in 0..<20_000 {
            var text = Array("2014-02-28T21:06:01.000Z".utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<text.count, using: &generator)
                let count = Int.random(in: 0...12, using: &generator)
                text.replaceSubrange(
                    place..<min(text.count, place + 2),
                    with: (0..<count).map { _ in
                        alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                    }
                )
                if text.isEmpty { text = [0x5a] }
            }
            let parsed = String(decoding: text, as: UTF8.self)
            guard let time = Timestamp(parsed) else { continue }
            #expect(time.description.hasPrefix(parsed.dropLast()))
        }
    }

    @Test func orderAndJSON() throws {
        let (early, late) = (Timestamp(millisecondsSinceEpoch: 999), Timestamp(millisecondsSinceEpoch: 1_000))
        #expect(early < late && !(late < early))
        #expect(try JSONEncoder().encode([late]) == Data(#"["1970-01-01T00:00:01.000Z"]"#.utf8))
        #expect(
            try JSONDecoder().decode([Timestamp].self, from: JSONEncoder().encode([early, late])) == [
                early, late,
            ]
        )
        for malformed in [#"["1970-01-01"]"#, "[1000]", #"["99999999999999999-01-01T00:00:00Z"]"#] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode([Timestamp].self, from: Data(malformed.utf8))
            }
        }
    }
}
