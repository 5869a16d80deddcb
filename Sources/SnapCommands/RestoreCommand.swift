internal import ArgumentParser
internal import SnapEngine
internal import SystemPackage

/// `snapctl restore`
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Write a snapshot to a block device or a file.",
        discussion: """
            Every byte is checked before it is written, and the target is synced before success is reported. On a \
            device, zeros are written too; a file is made, sparse. A device that is mounted, held, smaller than the \
            snapshot, or under the store is refused; so is one with a recognisable filesystem or partition table, \
            unless --force is given.

            With --keep-going, what is damaged in the store is left as zeros and listed, the rest is restored, and \
            the exit status is 2.

            EXAMPLES
              snapctl restore snap-0123456789abcdef0 --to /dev/vdc
              snapctl restore snap-0123456789abcdef0 --to disk.img
            """
    )

    @Argument(help: ArgumentHelp("Id of the snapshot.", valueName: "snap"))
    var snapshot: String

    @Option(help: ArgumentHelp("A block device, or a file.", valueName: "path"), completion: .file())
    var to: String

    @Flag(help: "Overwrite a target that holds something, or the volume that the snapshot was taken of.")
    var force = false

    @Flag(help: "Go on past damaged data, leaving zeros in its place.")
    var keepGoing = false

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let request = try request()
        let engine = try shared.openEngine()
        let run = LongRun("restore", isQuiet: shared.quiet)
        let outcome = try run.cancellable { () throws(EngineError) in
            try engine.restore(request, progress: run.progress, cancellation: run.cancellation)
        }
        try RestoreAnswer(outcome: outcome, target: to).print(as: shared.format)
        if let error = DamageReport.error(outcome) { throw error }
    }

    func request() throws(EngineError) -> RestoreRequest {
        guard !to.isEmpty else { throw EngineError(.invalidParameter, "the value of --to is empty") }
        return RestoreRequest(
            snapshot: try Identifiers.snapshot(snapshot),
            target: FilePath(to),
            force: force,
            keepGoing: keepGoing
        )
    }
}
