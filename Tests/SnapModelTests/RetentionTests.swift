import Foundation
import SnapModel
import SnapTestSupport
import Testing

@Suite struct RetentionTests {
    private static func rules(_ change: (inout RetentionRules) -> Void) -> RetentionRules {
        var rules = RetentionRules()
        change(&rules)
        return rules
    }

    private static func kept(_ times: [Timestamp], _ rules: RetentionRules, _ zone: TimeZoneRules) -> Set<Timestamp> {
        Set(zip(times, rules.reasons(for: times, in: zone)).filter { !$1.isEmpty }.map(\.0))
    }

    private static let policies = [
        rules { $0.last = 3 },
        rules { ($0.hourly, $0.daily) = (24, 7) },
        rules { ($0.daily, $0.weekly, $0.monthly, $0.yearly) = (7, 5, 12, 3) },
        rules { $0.within = CalendarSpan("1mo3d") },
        rules { ($0.last, $0.weekly, $0.within) = (1, 4, CalendarSpan("2w12h")) },
        rules { ($0.monthly, $0.yearly) = (.max, 1) },
        rules { $0.within = CalendarSpan("1y") },
    ]

    /// Snapshots some hours apart, over leap days and changes of clocks.
    @Test(arguments: Zones.names) func `what stays is what another model keeps`(name: String) throws {
        let zone = try Zones.rules(name)
        let model = RetentionModel(calendar: try Zones.calendar(name))
        for seed in UInt64(1)...6 {
            var random = SeededRandom(seed: seed)
            var time = try #require(Timestamp("2023-01-01T00:00:00.000Z"))
            var times: [Timestamp] = []
            while times.count < 400 {
                let minutes = Int64.random(in: 1...(seed.isMultiple(of: 2) ? 4_000 : 300), using: &random)
                time = Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch + minutes * 60_000)
                times.append(time)
            }
            times.shuffle(using: &random)
            for rules in Self.policies {
                // By way of Foundation, a span that ends in an hour that the clocks leave out ends elsewhere.
                let expected = model.kept(times, rules)
                #expect(Self.kept(times, rules, zone) == expected, "seed \(seed), \(rules)")
            }
        }
    }

    /// As in life: one each night, and the policy after each.
    @Test(arguments: ["Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"])
    func `three years of nights`(name: String) throws {
        let zone = try Zones.rules(name)
        let calendar = try Zones.calendar(name)
        let model = RetentionModel(calendar: calendar)
        let rules = Self.rules { ($0.daily, $0.weekly, $0.monthly, $0.yearly) = (7, 4, 6, 2) }
        var night = try #require(
            calendar.date(from: DateComponents(year: 2023, month: 9, day: 30, hour: 2, minute: 30)))
        var there: [Timestamp] = []
        for count in 1...1_096 {
            there.append(Timestamp(night))
            let kept = Self.kept(there, rules, zone)
            #expect(kept == model.kept(there, rules), "\(night)")
            #expect(kept.contains(Timestamp(night)) && kept.count <= 19, "\(night)")
            #expect(count < 7 || there.suffix(7).allSatisfy(kept.contains), "the last seven days, \(night)")
            there.removeAll { !kept.contains($0) }
            night = try #require(
                calendar.nextDate(
                    after: night, matching: DateComponents(hour: 2, minute: 30), matchingPolicy: .nextTime))
        }
        // A history: the last six months, and the end of a year.
        let months = Set(there.map { calendar.dateComponents([.year, .month], from: $0.date) })
        #expect(months.count >= 6 && there.count >= 14)
        let years = Set(there.map { calendar.component(.year, from: $0.date) })
        #expect(years.count == 2)
    }

    @Test func `reasons are told, and the oldest stays while a rule has some left`() throws {
        let day = try #require(Timestamp("2028-02-28T12:00:00.000Z"))
        // 28 and 29 February, 1 March twice.
        let times = [day, day.adding(hours: 24), day.adding(hours: 48), day.adding(hours: 49)]
        let rules = Self.rules { ($0.last, $0.daily, $0.monthly) = (1, 2, 5) }
        let reasons = rules.reasons(for: times, in: .utc).map { $0.map(\.description) }
        #expect(reasons == [["oldest monthly"], ["daily", "monthly"], [], ["last", "daily", "monthly"]])
    }

    /// 02:30 comes twice; it is two hours, and one day.
    @Test func `the hour that comes twice is two hours`() throws {
        let berlin = try Zones.rules("Europe/Berlin")
        let first = try #require(Timestamp("2026-10-25T00:30:00.000Z"))
        let times = [first, first.adding(hours: 1)]
        let hourly = Self.rules { $0.hourly = 1 }
        #expect(Self.kept(times, hourly, berlin) == [times[1]])
        let two = Self.rules { $0.hourly = 2 }
        #expect(Self.kept(times, two, berlin) == Set(times))
        #expect(two.reasons(for: times, in: berlin)[0] == [.period(.hourly, isOldest: false)])
        #expect(Self.kept(times, Self.rules { $0.daily = 1 }, berlin) == [times[1]])
    }

    @Test func `of equally old ones the first in the list is the newest`() throws {
        let time = try #require(Timestamp("2026-01-01T00:00:00.000Z"))
        let reasons = Self.rules { $0.last = 1 }.reasons(for: [time, time], in: .utc)
        #expect(reasons.map(\.isEmpty) == [false, true])
    }

    private static func snapshot(_ number: Int, _ state: SnapshotState, path: String = "/dev/vdb") throws -> Snapshot {
        let volume = Volume(
            id: VolumeID(wellFormed: "vol-1234abcd"), identity: VolumeIdentity(strength: .strong, value: "x"),
            path: path,
            byteCount: 1, createTime: Timestamp(millisecondsSinceEpoch: 0))
        return Snapshot(
            id: SnapshotID(wellFormed: "snap-0000000\(number)"), volume: volume, state: state,
            startTime: Timestamp(millisecondsSinceEpoch: Int64(number) * 1_000), ownerID: "1", description: "",
            consistency: Consistency(method: .exclusive), volumeByteCount: 1)
    }

    /// Pending and failed ones, newer and older, neither count nor go.
    @Test func `the last good one stays, whatever comes after it`() throws {
        let policy = RetentionPolicy(name: "p", volumes: ["*"], rules: Self.rules { $0.last = 1 })
        let states: [SnapshotState] = [.error, .pending, .error, .completed, .error, .completed, .pending]
        let snapshots = try states.enumerated().map { try Self.snapshot(9 - $0, $1) }
        let plan = RetentionPlan([policy], for: snapshots, in: .utc)
        #expect(plan.verdicts.map(\.snapshot.id) == [snapshots[3].id, snapshots[5].id])
        #expect(plan.removed.map(\.id) == [snapshots[5].id])
        let damaged = RetentionPlan([policy], for: snapshots, damaged: [snapshots[3].id], in: .utc)
        #expect(damaged.removed.isEmpty && damaged.verdicts[0].reasons.map(\.reason) == [.damaged])
    }

    /// A path means the volume that whoever asks says it means; where it means none, tags do not make it all.
    @Test func `paths mean one volume`() throws {
        let snapshot = try Self.snapshot(1, .completed)
        let policy = RetentionPolicy(name: "p", volumes: ["/dev/vdb"], rules: Self.rules { $0.last = 1 })
        #expect(
            !policy.selects(snapshot)
                && !policy.selects(snapshot, places: ["/dev/vdb": VolumeID(wellFormed: "vol-00000000")]))
        #expect(policy.selects(snapshot, places: ["/dev/vdb": snapshot.volume.id]))
    }

    @Test func `where backups stopped, the last one stays`() throws {
        let time = try #require(Timestamp("2001-01-01T00:00:00.000Z"))
        #expect(Self.kept([time], Self.rules { $0.within = CalendarSpan("1d") }, .utc) == [time])
        #expect(Self.rules { _ in }.isEmpty && Self.rules { $0.last = 1 }.reasons(for: [], in: .utc).isEmpty)
    }
}
