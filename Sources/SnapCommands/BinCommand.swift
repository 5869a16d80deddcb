internal import ArgumentParser
internal import SnapEngine
internal import SnapModel

/// `snapctl bin`
struct BinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bin",
        abstract: "Look into the recycle bin, and take snapshots out of it.",
        subcommands: [BinListCommand.self, BinRestoreCommand.self]
    )
}

/// `snapctl bin list`
struct BinListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the snapshots that were deleted and can still be taken out.",
        discussion: """
            EXAMPLES
              snapctl bin list
            """
    )

    @OptionGroup var shared: SharedOptions

    func run() throws {
        try BinAnswer(snapshots: try shared.openEngine().binnedSnapshots()).print(as: shared.format)
    }
}

/// `snapctl bin restore`
struct BinRestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Take snapshots out of the recycle bin, as they were.",
        discussion: """
            EXAMPLES
              snapctl bin restore snap-0123456789abcdef0
            """
    )

    @Argument(help: ArgumentHelp("Ids of snapshots.", valueName: "snap"))
    var snapshots: [String]

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let ids = try Identifiers.snapshots(snapshots)
        let engine = try shared.openEngine()
        _ = try engine.binnedSnapshots(ids)
        var restored: [Snapshot] = []
        for id in ids { restored.append(try engine.restoreFromBin(id)) }
        try SnapshotListAnswer(snapshots: restored).print(as: shared.format)
    }
}
