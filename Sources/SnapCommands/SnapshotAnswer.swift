internal import SnapModel

/// One snapshot, as EBS answers CreateSnapshot: the record itself at the top.
struct SnapshotAnswer: Answer {
    let snapshot: Snapshot

    var value: OutputValue { SnapshotFields.record(of: snapshot, isListed: false) }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        var facts: [(String, Table.Cell)] = [
            ("Snapshot", .init(snapshot.id.rawValue)),
            ("Volume", .init("\(snapshot.volume.id)  \(snapshot.volume.path)")),
            ("State", .init(snapshot.state.rawValue, SnapshotFields.tint(of: snapshot.state))),
            ("Size", .init(HumanText.bytes(snapshot.volumeByteCount))),
            ("Started", .init(snapshot.startTime.description)),
        ]
        if let time = snapshot.completionTime { facts.append(("Completed", .init(time.description))) }
        if let image = snapshot.image { facts.append(("Contents", .init(Self.summary(of: image)))) }
        facts.append(("Consistency", .init(SnapshotFields.words(for: snapshot.consistency))))
        if snapshot.state == .pending {
            facts.append(("Meanwhile", .init(SnapshotFields.sentence(aboutHolding: snapshot))))
        }
        if !snapshot.description.isEmpty { facts.append(("Description", .init(snapshot.description))) }
        Table(facts: facts).write(to: output, style: style, columnCount: columnCount)
    }

    private static func summary(of image: SnapshotImage) -> String {
        "\(HumanText.bytes(image.fullByteCount)), of that new \(HumanText.bytes(image.newByteCount)), "
            + "stored as \(HumanText.bytes(image.storedByteCount))"
    }
}

/// Snapshots, as EBS answers DescribeSnapshots.
struct SnapshotListAnswer: Answer {
    let snapshots: [Snapshot]
    /// Where there is more.
    var nextToken: String?

    var value: OutputValue {
        let list = OutputValue.listing(count: snapshots.count) { index in
            SnapshotFields.record(of: snapshots[index], isListed: true)
        }
        return .page("Snapshots", list, nextToken)
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        var table = Table([
            .init("SNAPSHOT"), .init("STATE"), .init("PROGRESS", isNumber: true),
            .init("SIZE", isNumber: true),
            .init("NEW", isNumber: true), .init("STARTED"), .init("VOLUME"), .init("DESCRIPTION"),
        ])
        for snapshot in snapshots { table.append(Self.row(of: snapshot)) }
        table.write(to: output, style: style, columnCount: columnCount)
    }

    private static func row(of snapshot: Snapshot) -> [Table.Cell] {
        [
            .init(snapshot.id.rawValue),
            .init(snapshot.state.rawValue, SnapshotFields.tint(of: snapshot.state)),
            .init(SnapshotFields.progress(of: snapshot)),
            .init(HumanText.bytes(snapshot.volumeByteCount)),
            .init(snapshot.image.map { HumanText.bytes($0.newByteCount) } ?? "–"),
            .init(String(snapshot.startTime.description.prefix(19)) + "Z"),
            .init(snapshot.volume.path),
            .init(snapshot.stateMessage ?? snapshot.description),
        ]
    }
}
