import Foundation
import SnapModel

/// The rules again, in the other direction and by Foundation's calendar: groups first, then the newest of each.
struct RetentionModel {
    let calendar: Calendar

    func kept(_ times: [Timestamp], _ rules: RetentionRules) -> Set<Timestamp> {
        guard let newest = times.max(), let oldest = times.min() else { return [] }
        var kept: Set<Timestamp> = []
        let groups: [(Int, (Timestamp) -> [Int])] = [
            (rules.last, { [Int($0.millisecondsSinceEpoch)] }),
            (
                rules.hourly,
                { [calendar.timeZone.secondsFromGMT(for: $0.date)] + parts([.year, .month, .day, .hour], $0) }
            ),
            (rules.daily, { parts([.year, .month, .day], $0) }),
            (rules.weekly, { parts([.yearForWeekOfYear, .weekOfYear], $0) }),
            (rules.monthly, { parts([.year, .month], $0) }),
            (rules.yearly, { parts([.year], $0) }),
        ]
        for (count, group) in groups where count > 0 {
            let newestOfGroups = Dictionary(grouping: times, by: group).values.compactMap { $0.max() }.sorted(by: >)
            kept.formUnion(newestOfGroups.prefix(count))
            if newestOfGroups.count < count { kept.insert(oldest) }
        }
        if let within = rules.within {
            var span = DateComponents()
            span.year = -Int(within.years)
            span.month = -Int(within.months)
            span.day = -Int(within.days + within.weeks * 7)
            let back = calendar.date(byAdding: span, to: newest.date) ?? newest.date
            let start = back.addingTimeInterval(-Double(within.hours) * 3_600)
            kept.formUnion(times.filter { $0.date > start })
            kept.insert(newest)
        }
        return kept
    }

    private func parts(_ units: Set<Calendar.Component>, _ time: Timestamp) -> [Int] {
        let components = calendar.dateComponents(units, from: time.date)
        return [.year, .yearForWeekOfYear, .month, .weekOfYear, .day, .hour].filter(units.contains)
            .map { components.value(for: $0) ?? 0 }
    }
}
