/// A deleted snapshot's time in the recycle bin. Until it ends, the snapshot can be taken out again.
package struct RecycleBinStay: Hashable, Sendable {
    package var enterTime: Timestamp
    package var exitTime: Timestamp

    package init(enterTime: Timestamp, exitTime: Timestamp) {
        self.enterTime = enterTime
        self.exitTime = exitTime
    }

    package func isOver(at time: Timestamp) -> Bool { exitTime <= time }
}

/// For how long deleted snapshots stay restorable: EBS's retention rules for snapshots.
package struct RecycleBinRules: Hashable, Sendable {
    /// Of those with one of the tags.
    package struct Rule: Hashable, Sendable {
        package var tags: [TagSelector]
        package var days: Int

        package init(tags: [TagSelector], days: Int) {
            self.tags = tags
            self.days = days
        }
    }

    /// For all, but those with one of `excludedTags`. 0: none are kept but by `rules`.
    package var days: Int
    package var excludedTags: [TagSelector]
    package var rules: [Rule]

    /// EBS keeps them for a year at most.
    package static let dayRange = 0...365
    package static let defaultDays = 7

    package init(days: Int = defaultDays, excludedTags: [TagSelector] = [], rules: [Rule] = []) {
        self.days = days
        self.excludedTags = excludedTags
        self.rules = rules
    }

    /// How long a snapshot with these tags is kept: the longest of what matches, as with EBS. 0: not at all.
    package func days(for tags: [Tag]) -> Int {
        let isExcluded = excludedTags.contains { $0.matches(anyOf: tags) }
        let matching = rules.filter { rule in rule.tags.contains { $0.matches(anyOf: tags) } }
        return max(isExcluded ? 0 : days, matching.map(\.days).max() ?? 0)
    }
}
