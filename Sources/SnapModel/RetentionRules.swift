/// How many snapshots of a volume stay, and which: the rules that restic's `forget` made known.
///
/// Going from the newest to the oldest, each rule keeps the newest of each hour (day, week …) that has any, until it has
/// kept its number. A rule that has not reached its number keeps the oldest of all, too, so that the history reaches
/// as far back as it can. What one rule keeps stays, whatever the others say.
package struct RetentionRules: Hashable, Sendable {
    /// `Int.max` keeps all.
    package var last = 0
    package var hourly = 0
    package var daily = 0
    package var weekly = 0
    package var monthly = 0
    package var yearly = 0
    /// Everything that is less old than this, counted from the newest: where backups stop, the last ones stay.
    package var within: CalendarSpan?

    package init() {}

    /// Rules that say nothing would keep nothing; nobody may have meant that.
    package var isEmpty: Bool { within == nil && RetentionPeriod.allCases.allSatisfy { self[$0] == 0 } }

    package subscript(period: RetentionPeriod) -> Int {
        get { self[keyPath: period.count] }
        set { self[keyPath: period.count] = newValue }
    }

    /// Why each of `times` stays, in their order; for what goes: no reason. They may be in any order; of equal ones the
    /// earlier in the list counts as newer.
    package func reasons(for times: [Timestamp], in zone: TimeZoneRules) -> [[RetentionReason]] {
        var reasons = [[RetentionReason]](repeating: [], count: times.count)
        let order = times.indices.sorted { (times[$1], $0) < (times[$0], $1) }
        guard let newest = order.first else { return reasons }
        if let within {
            let start = within.before(times[newest], in: zone)
            for index in order where times[index] > start || index == newest { reasons[index].append(.within(within)) }
        }
        for period in RetentionPeriod.allCases { keep(period, of: times, order, in: zone, &reasons) }
        return reasons
    }

    private func keep(
        _ period: RetentionPeriod, of times: [Timestamp], _ order: [Int], in zone: TimeZoneRules,
        _ reasons: inout [[RetentionReason]]
    ) {
        var left = self[period]
        var previous: RetentionPeriod.Number?
        for (place, index) in order.enumerated() where left > 0 {
            let number = period.number(of: times[index], place: place, in: zone)
            let isFirst = number != previous
            guard isFirst || place == order.count - 1 else { continue }
            reasons[index].append(.period(period, isOldest: !isFirst))
            previous = number
            left -= 1
        }
    }
}

/// What a rule counts by.
package enum RetentionPeriod: String, Hashable, Sendable, CaseIterable {
    case last, hourly, daily, weekly, monthly, yearly

    /// Equal for what is of one period, unequal for what is not.
    struct Number: Hashable {
        var whole: Int64
        /// An hour that comes twice when clocks are set back is two hours.
        var offset: Int64 = 0
    }

    func number(of time: Timestamp, place: Int, in zone: TimeZoneRules) -> Number {
        let clock = zone.clock(at: time)
        let day = CivilDay(number: clock.flooredQuotient(Timestamp.dayLength))
        switch self {
        case .last: return Number(whole: Int64(place))
        case .hourly: return Number(whole: clock.flooredQuotient(3_600_000), offset: zone.offset(at: time))
        case .daily: return Number(whole: day.number)
        case .weekly: return Number(whole: day.weekNumber)
        case .monthly: return Number(whole: day.date.year * 12 + day.date.month)
        case .yearly: return Number(whole: day.date.year)
        }
    }

    fileprivate var count: WritableKeyPath<RetentionRules, Int> {
        switch self {
        case .last: \.last
        case .hourly: \.hourly
        case .daily: \.daily
        case .weekly: \.weekly
        case .monthly: \.monthly
        case .yearly: \.yearly
        }
    }
}

/// Why a snapshot stays.
package enum RetentionReason: Hashable, Sendable, CustomStringConvertible {
    /// `isOldest`: not the newest of its period, but the last of all, while the rule had some left to keep.
    case period(RetentionPeriod, isOldest: Bool)
    case within(CalendarSpan)
    /// It is not known what it will be worth.
    case damaged

    package var description: String {
        switch self {
        case .period(let period, let isOldest): isOldest ? "oldest \(period.rawValue)" : period.rawValue
        case .within(let span): "within \(span)"
        case .damaged: "damaged, not counted"
        }
    }
}
