import Foundation
import SnapModel
import SnapTestSupport
import Testing

@Suite struct TimeZoneTests {
    /// Foundation's database may be of another release: what governments decided lately is left out by the choice of years.
    @Test(arguments: Zones.names) func `offsets are those of another implementation`(name: String) throws {
        let zone = try Zones.rules(name)
        let twin = try #require(TimeZone(identifier: name))
        var random = SeededRandom(seed: 20)
        for _ in 0..<20_000 {
            // From 1971 to 2099.
            let time = Timestamp(
                millisecondsSinceEpoch: Int64.random(in: 31_536_000_000...4_070_908_800_000, using: &random))
            if name == "Africa/Casablanca", time.millisecondsSinceEpoch > 1_500_000_000_000 { continue }
            try #require(zone.offset(at: time) == Int64(twin.secondsFromGMT(for: time.date)), "\(time)")
        }
    }

    @Test func `the second of a change is the first of the new offset`() throws {
        let berlin = try Zones.rules("Europe/Berlin")
        for (text, offset) in [
            ("2026-03-29T00:59:59.999Z", 3_600), ("2026-03-29T01:00:00.000Z", 7_200),
            ("2026-10-25T00:59:59.999Z", 7_200), ("2026-10-25T01:00:00.000Z", 3_600),
            ("2088-03-28T00:59:59.999Z", 3_600), ("2088-03-28T01:00:00.000Z", 7_200),
        ] as [(String, Int64)] {
            #expect(berlin.offset(at: try #require(Timestamp(text))) == offset, "\(text)")
        }
    }

    @Test func `clocks that show a time twice mean the first, those that never do the offset before`() throws {
        let berlin = try Zones.rules("Europe/Berlin")
        func clock(_ text: String) throws -> Int64 { try #require(Timestamp(text)).millisecondsSinceEpoch }
        #expect(
            berlin.instant(ofClock: try clock("2026-10-25T02:30:00.000Z")).description == "2026-10-25T00:30:00.000Z")
        #expect(
            berlin.instant(ofClock: try clock("2026-03-29T02:30:00.000Z")).description == "2026-03-29T01:30:00.000Z")
    }

    @Test(arguments: Zones.names) func `clocks lead back to their instant`(name: String) throws {
        let zone = try Zones.rules(name)
        var random = SeededRandom(seed: 21)
        for _ in 0..<5_000 {
            let time = Timestamp(millisecondsSinceEpoch: Int64.random(in: 0...4_000_000_000_000, using: &random))
            let back = zone.instant(ofClock: zone.clock(at: time))
            #expect(zone.clock(at: back) == zone.clock(at: time) && back <= time, "\(time)")
        }
    }

    @Test func `what is no file of the database is none, and never traps`() throws {
        let good = Array(try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Berlin")))
        #expect(TimeZoneRules(name: "x", file: []) == nil)
        #expect(TimeZoneRules(name: "x", file: Array("TZif".utf8)) == nil)
        for count in stride(from: 0, to: good.count - 20, by: 7) {
            let zone = TimeZoneRules(name: "x", file: Array(good.prefix(count)))
            #expect(zone == nil || count > good.count - 40, "\(count)")
        }
        var random = SeededRandom(seed: 22)
        for _ in 0..<3_000 {
            var bad = good
            for _ in 0..<4 {
                bad[Int.random(in: bad.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let zone = TimeZoneRules(name: "x", file: bad)
            _ = zone?.offset(at: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000))
            _ = zone?.offset(at: Timestamp(millisecondsSinceEpoch: 4_000_000_000_000))
        }
    }

    @Test(
        arguments: [
            ("1y6mo2w7d12h", "1y6mo2w7d12h"), ("7d", "7d"), ("0d", "0d"), ("48h", "48h"), ("", nil), ("7", nil),
            ("7m", nil),
            ("d", nil), ("7d1y", nil), ("7d7d", nil), ("-7d", nil), ("7 d", nil), ("99999999d", nil), ("７d", nil),
        ] as [(String, String?)])
    func `spans`(text: String, expected: String?) { #expect(CalendarSpan(text)?.description == expected) }

    /// Months are those of the calendar; a month that lacks the day ends before it.
    @Test(arguments: [
        ("2028-02-29T12:00:00.000Z", "1y", "2027-02-28T12:00:00.000Z"),
        ("2027-03-31T12:00:00.000Z", "1mo", "2027-02-28T12:00:00.000Z"),
        ("2028-03-31T12:00:00.000Z", "1mo", "2028-02-29T12:00:00.000Z"),
        ("2027-01-15T12:00:00.000Z", "2mo", "2026-11-15T12:00:00.000Z"),
        ("2028-03-01T00:00:00.000Z", "1d", "2028-02-29T00:00:00.000Z"),
        ("2100-03-01T00:00:00.000Z", "1d", "2100-02-28T00:00:00.000Z"),
        ("2026-01-10T00:00:00.000Z", "1w2d1h", "2025-12-31T23:00:00.000Z"),
    ])
    func `spans go back by the calendar`(from: String, span: String, to: String) throws {
        let time = try #require(Timestamp(from))
        #expect(try #require(CalendarSpan(span)).before(time, in: .utc).description == to)
    }

    @Test func `a day back over a change of clocks is a day of the clocks, hours are hours`() throws {
        let berlin = try Zones.rules("Europe/Berlin")
        let noon = try #require(Timestamp("2026-03-29T10:00:00.000Z"))
        #expect(try #require(CalendarSpan("1d")).before(noon, in: berlin).description == "2026-03-28T11:00:00.000Z")
        #expect(try #require(CalendarSpan("24h")).before(noon, in: berlin).description == "2026-03-28T10:00:00.000Z")
    }

    @Test func `days and dates of a thousand years`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for number in stride(from: Int64(-50_000), to: 200_000, by: 13) {
            let day = CivilDay(number: number)
            let date = Date(timeIntervalSince1970: Double(number) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: date)
            let (year, month, dayOfMonth) = day.date
            #expect(CivilDay(year: year, month: month, day: dayOfMonth) == day)
            guard number > -20_000 else { continue }
            #expect(year == Int64(parts.year ?? 0) && month == Int64(parts.month ?? 0), "\(number)")
            #expect(
                dayOfMonth == Int64(parts.day ?? 0) && day.weekday == Int64((parts.weekday ?? 0) + 5) % 7, "\(number)")
        }
    }
}
