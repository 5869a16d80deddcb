internal import ArgumentParser
internal import SnapEngine

/// `snapctl gc`
struct GarbageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Give back the space of deleted snapshots.",
        discussion: """
            Removes packs in which no snapshot needs anything, and rewrites those of which more than a part is of no use. \
            Snapshots in the recycle bin keep what they need until their time there is over. Running creates and restores go on; a second gc on the same \
            root is refused.

            Ended in the middle, even by a power cut, it loses nothing; the next gc goes on.

            EXAMPLES
              snapctl gc --dry-run
              snapctl gc
              snapctl gc --repack-all
            """
    )

    @Flag(help: "Only tell what would be done.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Rewrite a pack when more than this part of it is of no use: 0 to 100.", valueName: "percent"
        )
    )
    var threshold = 50

    @Flag(help: "Rewrite every pack in which anything is of no use.")
    var repackAll = false

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let limit = try deadShareLimit()
        let engine = try shared.openEngine()
        let run = LongRun("gc", isQuiet: shared.quiet || dryRun)
        let report = try run.cancellable { () throws(EngineError) in
            try engine.collectGarbage(
                dryRun: dryRun, deadShareLimit: limit, progress: run.progress, cancellation: run.cancellation)
        }
        try GarbageAnswer(report: report).print(as: shared.format)
    }

    func deadShareLimit() throws(EngineError) -> Double {
        guard (0...100).contains(threshold) else {
            throw EngineError(
                .invalidParameter,
                "Value (\(threshold)) for parameter threshold is invalid. It is from 0 to 100")
        }
        return repackAll ? 0 : Double(threshold) / 100
    }
}
