internal import ArgumentParser
internal import SnapConsistency

/// `snapctl freezer`: the small process that `create` starts to freeze filesystems. Nobody calls it by hand.
struct FreezerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freezer",
        abstract: "Freeze filesystems, told how by standard input.",
        shouldDisplay: false
    )

    @Option(name: .customLong("max-freeze-ms"), help: "Thaws all after so many milliseconds.")
    var maxFreezeMilliseconds: Int

    @Argument(help: "MAJOR:MINOR:MOUNTPOINT, deepest first.")
    var filesystems: [String]

    func validate() throws {
        guard maxFreezeMilliseconds > 0 else { throw ValidationError("--max-freeze-ms is not positive") }
    }

    func run() throws {
        FreezerProcess.main(filesystems, maxFreeze: .milliseconds(maxFreezeMilliseconds))
    }
}
