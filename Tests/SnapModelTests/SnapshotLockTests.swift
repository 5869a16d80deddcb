import SnapModel
import SnapTestSupport
import Testing

/// EBS's rules again, in hours since the beginning and in plain words.
private struct Model {
    var isLocked = false
    var isCompliance = false
    var createdHour = 0
    /// nil while the snapshot is pending and locked for a duration.
    var endHour: Int?
    var days = 0
    /// Compliance: until when it can still be changed.
    var fixedFromHour = 0

    func isInForce(_ hour: Int) -> Bool { isLocked && (endHour.map { hour < $0 } ?? true) }

    /// Nothing but a longer lock may follow.
    func isFixed(_ hour: Int) -> Bool { isInForce(hour) && isCompliance && hour >= fixedFromHour }

    func state(_ hour: Int) -> SnapshotLockState? {
        guard isLocked else { return nil }
        if !isInForce(hour) { return .expired }
        guard isCompliance else { return .governance }
        return hour < fixedFromHour ? .complianceCooloff : .compliance
    }

    /// False: refused.
    mutating func lock(compliance: Bool, days: Int?, untilHour: Int?, coolOff: Int?, isPending: Bool, _ hour: Int)
        -> Bool
    {
        if let days, days < 1 || days > 36_500 { return false }
        if let untilHour, untilHour < hour + 24 || untilHour > hour + 24 * 36_500 { return false }
        if let coolOff { guard compliance, coolOff >= 1, coolOff <= 72 else { return false } }
        let end = untilHour ?? (isPending ? nil : days.map { hour + 24 * $0 })
        if isFixed(hour) {
            guard compliance, coolOff == nil else { return false }
            switch (end, endHour) {
            case (let end?, let old?): if end <= old { return false }
            case (nil, nil): if (days ?? 0) <= self.days { return false }
            default: return false
            }
        } else {
            if !isInForce(hour) { createdHour = hour }
            fixedFromHour = hour + (coolOff ?? 0)
        }
        (isLocked, isCompliance, endHour) = (true, compliance, end)
        self.days = days ?? 0
        return true
    }

    mutating func unlock(_ hour: Int) -> Bool {
        guard isInForce(hour), !isFixed(hour) else { return false }
        isLocked = false
        return true
    }
}

@Suite("Locks of snapshots")
struct SnapshotLockTests {
    private static let start = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)

    private func time(_ hour: Int) -> Timestamp { Self.start.adding(hours: hour) }

    @Test(arguments: [1, 2, 3, UInt64.random(in: 0...UInt64.max)])
    func agreeWithTheModel(seed: UInt64) {
        print("lock model: seed \(seed)")
        var generator = SeededRandom(seed: seed)
        for _ in 0..<400 { history(&generator) }
    }

    /// One snapshot's life: pending at first, completed at some hour.
    private func history(_ generator: inout SeededRandom) {
        var (lock, model): (SnapshotLock?, Model) = (nil, Model())
        let completion = Int.random(in: 0..<60, using: &generator)
        var (hour, isPending) = (0, true)
        for _ in 0..<25 {
            hour += Int.random(in: 0..<30, using: &generator)
            if isPending, hour >= completion {
                isPending = false
                lock = lock?.started(at: time(completion))
                if model.isLocked, model.endHour == nil { model.endHour = completion + 24 * model.days }
            }
            if Int.random(in: 0..<5, using: &generator) == 0 {
                #expect(unlock(&lock, hour) == model.unlock(hour))
            } else {
                request(&lock, &model, isPending, hour, &generator)
            }
            #expect(lock?.state(at: time(hour)) == model.state(hour))
            #expect(lock?.forbidsDeletion(at: time(hour)) ?? false == model.isInForce(hour))
            #expect(lock?.createTime == (model.isLocked ? time(model.createdHour) : nil))
            #expect(lock?.expiryTime == (model.isLocked ? model.endHour.map(time) : nil))
            if lock != nil, !isPending { #expect(lock?.startTime != nil && lock?.durationDays != nil) }
        }
    }

    private func request(
        _ lock: inout SnapshotLock?, _ model: inout Model, _ isPending: Bool, _ hour: Int,
        _ generator: inout SeededRandom
    ) {
        let isCompliance = Bool.random(using: &generator)
        let days = [0, 1, 1, 2, 3, 5, 36_500, 36_501].randomElement(using: &generator) ?? 1
        let hours = [23, 24, 25, 48, 70, 100, 24 * 36_500, 24 * 36_500 + 1].randomElement(using: &generator) ?? 24
        let coolOff = [nil, nil, nil, 0, 1, 20, 72, 73].randomElement(using: &generator) ?? nil
        let isUntil = Bool.random(using: &generator)
        let terms = SnapshotLockTerms(
            mode: isCompliance ? .compliance : .governance, term: isUntil ? .until(time(hour + hours)) : .days(days),
            coolOffHours: coolOff)
        let isAllowed = model.lock(
            compliance: isCompliance, days: isUntil ? nil : days, untilHour: isUntil ? hour + hours : nil,
            coolOff: coolOff, isPending: isPending, hour)
        do throws(SnapshotLockBreach) {
            lock = try SnapshotLock.locking(lock, terms, isPending: isPending, at: time(hour))
            #expect(isAllowed, "\(terms) at hour \(hour)")
        } catch {
            #expect(!isAllowed, "\(terms) at hour \(hour): \(error)")
        }
    }

    private func unlock(_ lock: inout SnapshotLock?, _ hour: Int) -> Bool {
        do throws(SnapshotLockBreach) {
            try SnapshotLock.checkUnlocking(lock, at: time(hour))
            lock = nil
            return true
        } catch {
            return false
        }
    }

    @Test func expiresToTheMillisecond() throws {
        let lock = try SnapshotLock.locking(
            nil, SnapshotLockTerms(mode: .compliance, term: .days(1), coolOffHours: 1), isPending: false, at: time(0))
        func before(_ time: Timestamp) -> Timestamp {
            Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch - 1)
        }
        #expect(lock.state(at: before(time(1))) == .complianceCooloff && lock.state(at: time(1)) == .compliance)
        #expect(lock.state(at: before(time(24))) == .compliance && lock.state(at: time(24)) == .expired)
        #expect(lock.durationDays == 1 && lock.startTime == time(0) && lock.coolOffExpiryTime == time(1))
    }

    /// A duration of a lock until a day is in days, rounded up.
    @Test func untilATimeHasADuration() throws {
        let terms = SnapshotLockTerms(mode: .governance, term: .until(time(25)))
        #expect(try SnapshotLock.locking(nil, terms, isPending: false, at: time(0)).durationDays == 2)
        let pending = try SnapshotLock.locking(nil, terms, isPending: true, at: time(0))
        #expect(pending.durationDays == nil && pending.startTime == nil && pending.expiryTime == time(25))
        #expect(pending.started(at: time(3)).durationDays == 1)
        #expect(pending.started(at: time(3)).started(at: time(9)).startTime == time(3))
    }
}
