internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SystemPackage

/// `snapctl verify`
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read a snapshot whole, and check every byte of it.",
        discussion: """
            Reads what is stored, checks it against its checksums and digests, and lists the ranges that are damaged. \
            With --against, the snapshot is also compared with a volume, and the ranges that differ are listed.

            The exit status is 0 when all is well, 1 when the volume differs, 2 when the snapshot is damaged.

            EXAMPLES
              snapctl verify snap-0123456789abcdef0
              snapctl verify snap-0123456789abcdef0 --against /dev/vdb
            """
    )

    @Argument(help: ArgumentHelp("Id of the snapshot.", valueName: "snap"))
    var snapshot: String

    @Option(
        help: ArgumentHelp("A block device or file to compare with.", valueName: "path"),
        completion: .file()
    )
    var against: String?

    @Option(help: ArgumentHelp("How that volume is held still: none reads one in use.", valueName: "method"))
    var consistency = ComparisonHold.exclusive

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let (id, volume) = try request()
        let engine = try shared.openEngine()
        let run = LongRun("verify", isQuiet: shared.quiet)
        let outcome = try run.cancellable { () throws(EngineError) in
            try engine.verify(
                id,
                against: volume,
                consistency: consistency == .exclusive ? .exclusive : .none,
                progress: run.progress,
                cancellation: run.cancellation
            )
        }
        try VerifyAnswer(outcome: outcome, volume: against).print(as: shared.format)
        if let error = DamageReport.error(outcome) { throw error }
        if !outcome.differing.isEmpty { throw ErrorTable.silentExit(.imagesDiffer) }
    }

    func request() throws(EngineError) -> (SnapshotID, FilePath?) {
        if against == "" { throw EngineError(.invalidParameter, "the value of --against is empty") }
        return (try Identifiers.snapshot(snapshot), against.map { FilePath($0) })
    }
}

/// A comparison is with the volume as it is, and makes no point in time of its own.
enum ComparisonHold: String, ExpressibleByArgument, CaseIterable { case exclusive, none }
