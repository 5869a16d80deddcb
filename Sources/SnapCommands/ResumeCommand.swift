internal import ArgumentParser
internal import SnapEngine

/// `snapctl resume`
struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a pending snapshot whose worker died.",
        discussion: """
            A new worker goes on from what is stored, as long as the clone or LVM snapshot that holds the bytes of the \
            instant is still there; with all of a set when one of it is named. 'create', 'wait' and 'doctor' do it by \
            themselves. Answers at once with the pending record; --wait stays to the end.

            EXAMPLES
              snapctl resume snap-0123456789abcdef0 --wait
            """
    )

    @Argument(help: ArgumentHelp("The id of a snapshot.", valueName: "snap"))
    var snapshot: String

    @Flag(help: "Stay until it is completed, with a progress bar.")
    var wait = false

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let id = try Identifiers.snapshot(snapshot)
        let run = WorkerRun(
            configuration: try shared.configuration(), waits: wait,
            run: LongRun("resume", tellsNew: true, isQuiet: shared.quiet))
        try SnapshotsAnswer.of(try run.carryOut(.resume([id]))).print(as: shared.format)
    }
}
