internal import SnapEngine
internal import SnapModel

/// What `maintain` did.
struct MaintenanceAnswer: Answer {
    let outcome: Maintenance.Outcome

    private var removed: [SnapshotID] {
        (outcome.policies?.lines ?? []).compactMap { line in
            if case .deleted = line.fate { line.verdict.snapshot.id } else { nil }
        }
    }

    var value: OutputValue {
        var fields: [OutputField] = []
        fields.append("Resumed", Self.ids(outcome.resumed))
        fields.append("RemovedByPolicy", Self.ids(removed))
        fields.append("PurgedFromRecycleBin", Self.ids(outcome.purged))
        fields.append("FreedByteCount", outcome.garbage.map { .integer($0.freed.byteCount) })
        fields.append("Read", Self.ids(outcome.read.map(\.snapshot.id)))
        fields.append("Damaged", Self.ids(outcome.damaged.map(\.snapshot.id)))
        fields.append(
            "Failures",
            .list(
                outcome.failures.map {
                    .record([.init("Part", .text($0.part)), .init("Explanation", .text($0.error.explanation))])
                }))
        return .record(fields)
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        var facts: [(String, Table.Cell)] = [
            ("Resumed", .init(HumanText.count(outcome.resumed.count, "snapshot"))),
            ("Removed by policy", .init(HumanText.count(removed.count, "snapshot"))),
            ("Gone from the bin", .init(HumanText.count(outcome.purged.count, "snapshot"))),
        ]
        if let garbage = outcome.garbage { facts.append(("Freed", .init(HumanText.bytes(garbage.freed.byteCount)))) }
        facts.append(("Read for damage", .init(HumanText.count(outcome.read.count, "snapshot"))))
        for failure in outcome.failures {
            facts.append(("Failed", .init("\(failure.part): \(failure.error.explanation)", .bad)))
        }
        Table(facts: facts).write(to: output, style: style, columnCount: columnCount)
        for damaged in outcome.damaged { DamageReport.write(damaged, to: output, style: style) }
    }

    private static func ids(_ ids: [SnapshotID]) -> OutputValue { .list(ids.map { .text($0.rawValue) }) }
}
