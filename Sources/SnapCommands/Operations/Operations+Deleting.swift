internal import ArgumentParser
internal import SnapEngine
internal import SnapModel

/// DeleteSnapshot, ListSnapshotsInRecycleBin, RestoreSnapshotFromRecycleBin.
extension OperationTable {
    static let deleting = [deleteSnapshot, listSnapshotsInRecycleBin, restoreSnapshotFromRecycleBin]

    private static let deleteSnapshot = Operation(
        "DeleteSnapshot", "Delete a snapshot: into the recycle bin, if a rule keeps it there.",
        input: StructureShape([Shapes.snapshotID, Shapes.dryRun]), output: nil
    ) { (input, own: DeleteOwnOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun(engine)
        _ = try engine.deleteSnapshot(
            try input.snapshotID(), options: DeleteOptions(skipsBin: own.skipRecycleBin))
        return nil
    }

    private static let binned = StructureShape([
        .member("SnapshotId", .string), .member("RecycleBinEnterTime", .timestamp),
        .member("RecycleBinExitTime", .timestamp), .member("Description", .string), .member("VolumeId", .string),
    ])

    private static let listSnapshotsInRecycleBin = Operation(
        "ListSnapshotsInRecycleBin", "Show the snapshots in the recycle bin.",
        input: StructureShape([Shapes.maxResults, Shapes.nextToken, Shapes.snapshotIDs, Shapes.dryRun]),
        output: Shapes.page("Snapshots", of: binned)
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun()
        let page = try engine.binnedSnapshots(try input.snapshotIDs(), page: input.page)
        return BinAnswer(snapshots: page.elements, nextToken: page.nextToken)
    }

    private static let restoreSnapshotFromRecycleBin = Operation(
        "RestoreSnapshotFromRecycleBin", "Take a snapshot out of the recycle bin.",
        input: StructureShape([Shapes.snapshotID, Shapes.dryRun]),
        output: StructureShape(Shapes.setSnapshot.members.filter { $0.name != "Tags" })
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun(engine)
        return SnapshotAnswer(snapshot: try engine.restoreFromBin(try input.snapshotID()))
    }
}

/// What snapctl adds to DeleteSnapshot.
struct DeleteOwnOptions: OwnOptions {
    @Flag(help: "Delete it for good, whatever the rules of the recycle bin say.")
    var skipRecycleBin = false

    @OptionGroup var shared: SharedOptions
}

/// Snapshots in the recycle bin, as EBS lists them.
struct BinAnswer: Answer {
    let snapshots: [Snapshot]
    var nextToken: String?

    var value: OutputValue { .page("Snapshots", .list(snapshots.map(Self.fields)), nextToken) }

    private static func fields(of snapshot: Snapshot) -> OutputValue {
        var fields: [OutputField] = []
        fields.append("SnapshotId", .text(snapshot.id.rawValue))
        fields.append("RecycleBinEnterTime", snapshot.bin.map { .time($0.enterTime) })
        fields.append("RecycleBinExitTime", snapshot.bin.map { .time($0.exitTime) })
        fields.append("Description", .text(snapshot.description))
        fields.append("VolumeId", .text(snapshot.volume.id.rawValue))
        return .record(fields)
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        DocumentAnswer(value: value).writeTable(to: output, style: style, columnCount: columnCount)
    }
}
