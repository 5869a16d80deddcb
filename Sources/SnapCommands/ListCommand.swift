internal import ArgumentParser
internal import SnapEngine
internal import SnapModel

/// `snapctl list`
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show snapshots: all, or those named.",
        discussion: """
            Newest first. JSON has the shape of EBS's describe-snapshots; what EBS does not know is under Snapctl. An \
            id that does not exist is an error, and nothing is printed.

            EXAMPLES
              snapctl list
              snapctl list snap-0123456789abcdef0 --output json
              snapctl describe-snapshots --snapshot-ids snap-1a2b3c4d snap-5e6f7a8b
            """,
        aliases: ["describe", "describe-snapshots"]
    )

    @Argument(help: ArgumentHelp("Ids of snapshots. Without any: all.", valueName: "snap"))
    var snapshots: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("The same, as the AWS command line has it.", valueName: "snap")
    )
    var snapshotIds: [String] = []

    @Flag(help: "Also tell what each takes, and what it shares with others.")
    var sizes = false

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let ids = try identifiers()
        let engine = try shared.openEngine()
        let snapshots = try engine.snapshots(ids)
        if sizes { return try SizedListAnswer(snapshots, engine).print(as: shared.format) }
        try SnapshotListAnswer(snapshots: snapshots).print(as: shared.format)
    }

    func identifiers() throws(EngineError) -> [SnapshotID] {
        try Identifiers.snapshots(snapshots + snapshotIds)
    }
}
