/// What a lock allows its owner (EBS's LockSnapshot).
package enum SnapshotLockMode: String, Sendable, Codable, CaseIterable {
    /// It may be shortened, and taken away, at any time.
    case governance
    /// Once its cooling-off period is over, it can only be made longer.
    case compliance
}

/// What a lock is at one moment, in EBS's words.
package enum SnapshotLockState: String, Sendable, Codable, CaseIterable {
    /// In compliance mode, while it can still be changed and taken away.
    case complianceCooloff = "compliance-cooloff"
    case governance
    case compliance
    case expired
}

/// What keeps a snapshot from being deleted until a day.
package struct SnapshotLock: Hashable, Sendable {
    package var mode: SnapshotLockMode
    /// When the snapshot was locked. A lock that is changed before it expires keeps it.
    package var createTime: Timestamp
    /// From when the duration counts: nil while the snapshot is pending.
    package var startTime: Timestamp?
    /// nil only while it was locked until a given time and is pending.
    package var durationDays: Int?
    /// nil only while it was locked for a duration and is pending.
    package var expiryTime: Timestamp?
    /// Of compliance mode.
    package var coolOffHours: Int?
    package var coolOffExpiryTime: Timestamp?

    package static let durationDayRange = 1...36_500
    package static let coolOffHourRange = 1...72

    package init(
        mode: SnapshotLockMode, createTime: Timestamp, startTime: Timestamp? = nil, durationDays: Int? = nil,
        expiryTime: Timestamp? = nil, coolOffHours: Int? = nil, coolOffExpiryTime: Timestamp? = nil
    ) {
        self.mode = mode
        self.createTime = createTime
        self.startTime = startTime
        self.durationDays = durationDays
        self.expiryTime = expiryTime
        self.coolOffHours = coolOffHours
        self.coolOffExpiryTime = coolOffExpiryTime
    }

    package func state(at time: Timestamp) -> SnapshotLockState {
        if let expiryTime, expiryTime <= time { return .expired }
        guard mode == .compliance else { return .governance }
        if let coolOffExpiryTime, time < coolOffExpiryTime { return .complianceCooloff }
        return .compliance
    }

    package func forbidsDeletion(at time: Timestamp) -> Bool { state(at: time) != .expired }

    /// The lock once its snapshot is completed: from then on its duration counts. Unchanged when it counts already.
    package func started(at time: Timestamp) -> SnapshotLock {
        guard startTime == nil else { return self }
        var lock = self
        lock.startTime = time
        if let durationDays, expiryTime == nil {
            lock.expiryTime = time.adding(days: durationDays)
        } else if let expiryTime {
            lock.durationDays = Self.days(from: time, to: expiryTime)
        }
        return lock
    }

    /// Whole days, rounded up: at least one.
    static func days(from start: Timestamp, to end: Timestamp) -> Int {
        let milliseconds = end.millisecondsSinceEpoch - start.millisecondsSinceEpoch
        return max(1, Int((milliseconds + Timestamp.millisecondsPerDay - 1) / Timestamp.millisecondsPerDay))
    }
}

extension Timestamp {
    static let millisecondsPerDay: Int64 = 86_400_000

    /// Days of 24 hours, as EBS counts: no daylight saving time in UTC.
    package func adding(days: Int) -> Timestamp { adding(hours: 24 * days) }

    package func adding(hours: Int) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: millisecondsSinceEpoch + Int64(hours) * 3_600_000)
    }
}
