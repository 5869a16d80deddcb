internal import ArgumentParser
internal import SnapEngine
internal import SnapModel

/// `snapctl diff`
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show which ranges of bytes two snapshots differ in.",
        discussion: """
            Compares what the snapshots say they hold, in units of 512 KiB, and reads no stored contents.

            As with diff(1), the exit status is 0 when they hold the same bytes, 1 when they differ, more when that \
            could not be found out.

            EXAMPLES
              snapctl diff snap-0123456789abcdef0 snap-0fedcba9876543210
              snapctl diff snap-0123456789abcdef0 snap-0fedcba9876543210 --output text
            """
    )

    @Argument(help: ArgumentHelp("Id of the one snapshot.", valueName: "snap"))
    var first: String

    @Argument(help: ArgumentHelp("Id of the other snapshot.", valueName: "snap"))
    var second: String

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let (first, second) = try request()
        let outcome = try shared.openEngine().difference(first, second)
        try DifferenceAnswer(outcome: outcome).print(as: shared.format)
        if outcome.changedBlockCount > 0 { throw ErrorTable.silentExit(.imagesDiffer) }
    }

    func request() throws(EngineError) -> (SnapshotID, SnapshotID) {
        (try Identifiers.snapshot(first), try Identifiers.snapshot(second))
    }
}
