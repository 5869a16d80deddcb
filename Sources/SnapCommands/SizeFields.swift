internal import SnapEngine
internal import SnapModel

/// What a snapshot takes: the fields under `Snapctl` → `Sizes`.
enum SizeFields {
    static func record(of sizes: SnapshotSizes) -> OutputValue {
        .record([
            OutputField("VolumeByteCount", .integer(sizes.volumeByteCount)),
            OutputField("FullByteCount", .integer(sizes.fullByteCount)),
            OutputField("DistinctByteCount", .integer(sizes.distinctByteCount)),
            OutputField("StoredByteCount", .integer(sizes.storedByteCount)),
            OutputField("ExclusiveByteCount", .integer(sizes.exclusiveByteCount)),
            OutputField("SharedByteCount", .integer(sizes.sharedByteCount)),
            OutputField("FreedIfDeletedByteCount", .integer(sizes.exclusiveByteCount)),
            OutputField("DedupRatio", .number(ratio(sizes.fullByteCount, sizes.distinctByteCount))),
            OutputField("CompressionRatio", .number(ratio(sizes.distinctByteCount, sizes.chunkStoredByteCount))),
        ])
    }

    /// The record of a snapshot with its sizes added to what EBS does not know.
    static func adding(_ sizes: SnapshotSizes?, to record: OutputValue) -> OutputValue {
        guard let sizes, case .record(var fields) = record else { return record }
        for index in fields.indices where fields[index].name == "Snapctl" {
            guard case .record(let own) = fields[index].value else { continue }
            fields[index].value = .record(own + [OutputField("Sizes", Self.record(of: sizes))])
        }
        return .record(fields)
    }

    /// 1 where there is nothing to compare.
    static func ratio(_ whole: Int, _ part: Int) -> Double { part > 0 ? Double(whole) / Double(part) : 1 }
}

/// `list --sizes`
struct SizedListAnswer: Answer {
    let snapshots: [Snapshot]
    let sizes: [SnapshotID: SnapshotSizes]

    /// Of the completed ones among `snapshots`.
    init(_ snapshots: [Snapshot], _ engine: Engine) throws(EngineError) {
        self.snapshots = snapshots
        sizes = try engine.sizes(of: Set(snapshots.map(\.id)))
    }

    var value: OutputValue {
        let list = OutputValue.listing(count: snapshots.count) { index in
            SizeFields.adding(
                sizes[snapshots[index].id], to: SnapshotFields.record(of: snapshots[index], isListed: true))
        }
        return .record([OutputField("Snapshots", list)])
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        var table = Table([
            .init("SNAPSHOT"), .init("STATE"), .init("SIZE", isNumber: true), .init("STORED", isNumber: true),
            .init("EXCLUSIVE", isNumber: true), .init("SHARED", isNumber: true), .init("STARTED"), .init("VOLUME"),
            .init("DESCRIPTION"),
        ])
        for snapshot in snapshots { table.append(row(of: snapshot)) }
        table.write(to: output, style: style, columnCount: columnCount)
    }

    private func row(of snapshot: Snapshot) -> [Table.Cell] {
        let sizes = sizes[snapshot.id]
        func bytes(_ path: KeyPath<SnapshotSizes, Int>) -> Table.Cell {
            .init(sizes.map { HumanText.bytes($0[keyPath: path]) } ?? "–")
        }
        return [
            .init(snapshot.id.rawValue), .init(snapshot.state.rawValue, SnapshotFields.tint(of: snapshot.state)),
            .init(HumanText.bytes(snapshot.volumeByteCount)), bytes(\.storedByteCount), bytes(\.exclusiveByteCount),
            bytes(\.sharedByteCount), .init(String(snapshot.startTime.description.prefix(19)) + "Z"),
            .init(snapshot.volume.path), .init(snapshot.stateMessage ?? snapshot.description),
        ]
    }
}
