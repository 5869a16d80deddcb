/// What LockSnapshot is asked for.
package struct SnapshotLockTerms: Hashable, Sendable {
    package enum Term: Hashable, Sendable {
        /// From now, or from the completion of a snapshot that is pending.
        case days(Int)
        case until(Timestamp)
    }

    package var mode: SnapshotLockMode
    package var term: Term
    /// Of compliance mode: for how long the lock can still be changed and taken away.
    package var coolOffHours: Int?

    package init(mode: SnapshotLockMode, term: Term, coolOffHours: Int? = nil) {
        self.mode = mode
        self.term = term
        self.coolOffHours = coolOffHours
    }
}

/// Why a lock cannot be made, changed or taken away as asked.
package enum SnapshotLockBreach: Error, Hashable, Sendable {
    case durationOutOfRange(Int)
    /// Not 1 to 36,500 days after the lock begins.
    case expiryOutOfRange(Timestamp)
    case coolOffOutOfRange(Int)
    /// Governance mode has no cooling-off period.
    case coolOffWithGovernance
    /// In compliance mode, after cooling off: there is no second one.
    case coolOffIsOver
    /// In compliance mode, after cooling off, the mode stays.
    case modeIsFixed
    /// In compliance mode, after cooling off, a lock is only made longer.
    case expiryIsFixed(until: Timestamp?)
    /// In compliance mode, after cooling off, a lock stays until it expires.
    case cannotBeTakenAway(until: Timestamp?)
    case isNotLocked
}

/// The rules of EBS's LockSnapshot and UnlockSnapshot: a governance lock, and a compliance lock that is cooling off, may be
/// changed and taken away; a compliance lock can only be made longer; one that has expired is as good as none.
extension SnapshotLock {
    /// What becomes of a snapshot's lock by a request. `completionTime`: nil while the snapshot is pending.
    package static func locking(
        _ current: SnapshotLock?, _ terms: SnapshotLockTerms, isPending: Bool, at now: Timestamp
    ) throws(SnapshotLockBreach) -> SnapshotLock {
        try checkRanges(of: terms, at: now)
        let active = current.flatMap { $0.state(at: now) == .expired ? nil : $0 }
        var lock = SnapshotLock(mode: terms.mode, createTime: active?.createTime ?? now)
        switch terms.term {
        case .days(let days): lock.durationDays = days
        case .until(let time): lock.expiryTime = time
        }
        lock.coolOffHours = terms.coolOffHours
        lock.coolOffExpiryTime = terms.coolOffHours.map { now.adding(hours: $0) }
        if !isPending { lock = lock.started(at: now) }
        if let active, active.state(at: now) == .compliance {
            try active.checkExtension(to: lock)
            // Of the request that began it.
            (lock.coolOffHours, lock.coolOffExpiryTime) = (active.coolOffHours, active.coolOffExpiryTime)
        }
        return lock
    }

    /// Whether a snapshot's lock may be taken away. An expired one is none.
    package static func checkUnlocking(_ current: SnapshotLock?, at now: Timestamp) throws(SnapshotLockBreach) {
        guard let current else { throw .isNotLocked }
        switch current.state(at: now) {
        case .governance, .complianceCooloff: return
        case .compliance: throw .cannotBeTakenAway(until: current.expiryTime)
        case .expired: throw .isNotLocked
        }
    }

    private static func checkRanges(of terms: SnapshotLockTerms, at now: Timestamp) throws(SnapshotLockBreach) {
        switch terms.term {
        case .days(let days):
            guard durationDayRange.contains(days) else { throw .durationOutOfRange(days) }
        case .until(let time):
            let range = now.adding(days: durationDayRange.lowerBound)...now.adding(days: durationDayRange.upperBound)
            guard range.contains(time) else { throw .expiryOutOfRange(time) }
        }
        guard let hours = terms.coolOffHours else { return }
        guard terms.mode == .compliance else { throw .coolOffWithGovernance }
        guard coolOffHourRange.contains(hours) else { throw .coolOffOutOfRange(hours) }
    }

    /// What is in force can only be made longer.
    private func checkExtension(to lock: SnapshotLock) throws(SnapshotLockBreach) {
        guard lock.mode == .compliance else { throw .modeIsFixed }
        guard lock.coolOffHours == nil else { throw .coolOffIsOver }
        guard lock.outlasts(self) else { throw .expiryIsFixed(until: expiryTime) }
    }

    /// Whether it surely ends later. While the snapshot is pending, a duration ends nobody knows when: it is compared with
    /// a duration only, a time with a time.
    private func outlasts(_ other: SnapshotLock) -> Bool {
        if let expiryTime, let others = other.expiryTime { return expiryTime > others }
        guard expiryTime == nil, other.expiryTime == nil else { return false }
        return (durationDays ?? 0) > (other.durationDays ?? 0)
    }
}
