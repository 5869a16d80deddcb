internal import ArgumentParser
internal import SnapEngine
internal import SnapModel

/// `snapctl delete`
struct DeleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete snapshots: into the recycle bin, where a rule keeps them for a time.",
        discussion: """
            Others that share blocks with them keep them; what only they needed is given back by 'snapctl gc'. A snapshot \
            that is locked, or that somebody reads, is not deleted; one that is pending is cancelled. All ids are looked \
            at before the first is deleted.

            EXAMPLES
              snapctl delete snap-0123456789abcdef0
              snapctl delete snap-1a2b3c4d snap-5e6f7a8b --skip-recycle-bin
            """
    )

    @Argument(help: ArgumentHelp("Ids of snapshots.", valueName: "snap"))
    var snapshots: [String]

    @OptionGroup var own: DeleteOwnOptions

    func run() throws {
        let ids = try Identifiers.snapshots(snapshots)
        let engine = try own.shared.openEngine()
        _ = try engine.snapshots(ids)
        var deleted: [DeletedSnapshot] = []
        for id in ids {
            deleted.append(try engine.deleteSnapshot(id, options: DeleteOptions(skipsBin: own.skipRecycleBin)))
        }
        try DeletionAnswer(deleted: deleted).print(as: own.shared.format)
    }
}

/// What became of snapshots that were deleted.
struct DeletionAnswer: Answer {
    let deleted: [DeletedSnapshot]

    var value: OutputValue {
        .record([
            OutputField(
                "Deleted",
                .list(
                    deleted.map { deletion in
                        var fields = [OutputField("SnapshotId", .text(deletion.snapshot.id.rawValue))]
                        fields.append("RecycleBinExitTime", deletion.stay.map { .time($0.exitTime) })
                        return .record(fields)
                    }))
        ])
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        for deletion in deleted {
            let fate =
                deletion.stay.map { "is in the recycle bin until \($0.exitTime)" } ?? "is deleted for good"
            output.append("\(deletion.snapshot.id) \(fate)\n")
        }
    }
}
