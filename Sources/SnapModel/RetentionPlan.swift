/// What policies say of the snapshots there are.
///
/// Only completed snapshots are counted and removed, those of each volume by themselves. What several policies speak of
/// goes only if all of them let it go; what none speaks of stays, and is not in the plan. What is known to be damaged
/// counts for nothing, and stays: it is nothing to fall back on, and may heal.
package struct RetentionPlan: Sendable {
    package struct Verdict: Sendable {
        package var snapshot: Snapshot
        /// The policies that speak of it.
        package var policies: [String]
        /// Why it stays, with the policy that says so; empty: it goes.
        package var reasons: [(policy: String, reason: RetentionReason)]

        package var isKept: Bool { !reasons.isEmpty }
    }

    /// In the order of the snapshots given.
    package let verdicts: [Verdict]

    package var removed: [Snapshot] { verdicts.filter { !$0.isKept }.map(\.snapshot) }

    /// Of equally old snapshots of a volume, the earlier in the list counts as newer. `places`: which volume is meant by each
    /// path in the policies.
    package init(
        _ policies: [RetentionPolicy], for snapshots: [Snapshot], places: [String: VolumeID] = [:],
        damaged: Set<SnapshotID> = [], in zone: TimeZoneRules
    ) {
        var verdicts = snapshots.map { Verdict(snapshot: $0, policies: [], reasons: []) }
        for policy in policies {
            let chosen = snapshots.indices.filter { index in
                snapshots[index].state == .completed && policy.selects(snapshots[index], places: places)
            }
            for index in chosen where damaged.contains(snapshots[index].id) {
                verdicts[index].policies.append(policy.name)
                verdicts[index].reasons.append((policy.name, .damaged))
            }
            let whole = chosen.filter { !damaged.contains(snapshots[$0].id) }
            for indices in Dictionary(grouping: whole, by: { snapshots[$0].volume.id }).values {
                let reasons = policy.rules.reasons(for: indices.map { snapshots[$0].startTime }, in: zone)
                for (index, reasons) in zip(indices, reasons) {
                    verdicts[index].policies.append(policy.name)
                    verdicts[index].reasons += reasons.map { (policy.name, $0) }
                }
            }
        }
        self.verdicts = verdicts.filter { !$0.policies.isEmpty }
    }
}
