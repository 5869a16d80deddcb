internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SnapSystem

/// `snapctl maintain`
struct MaintainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintain",
        abstract: "Do what a store needs now and then.",
        discussion: """
            Goes on with what dead workers left, and waits for it; applies the policies; empties the recycle bin of what has \
            been there for its days; collects garbage; and reads snapshots whole, those first that were not for longest, \
            until --scrub-time is over. A part that fails does not keep the others from being done. snapctl-maintain.timer \
            runs it every night.

            The exit status is 2 when damage was found, else that of the first part that failed.

            EXAMPLES
              snapctl maintain
              snapctl maintain --scrub-time 4h
            """
    )

    @Option(
        help: ArgumentHelp(
            "No further snapshot is read once this is over. Without it: SNAPCTL_SCRUB_TIME, the configuration, else 1h.",
            valueName: "time"))
    var scrubTime: TimeSpan?

    @Flag(help: "Read nothing to find damage.")
    var noScrub = false

    @OptionGroup var shared: SharedOptions

    func run() throws {
        if let scrubTime, !TimeSpan.range.contains(scrubTime.duration) {
            throw EngineError(.invalidParameter, "the value of --scrub-time is from 1ms to 24h")
        }
        let settings = try shared.settings()
        let configuration = try settings.configuration()
        let span = scrubTime?.duration ?? settings.span(.scrubTime) ?? Settings.defaultScrubTime
        let run = LongRun("maintain", isQuiet: shared.quiet)
        let maintenance = Maintenance(
            engine: try Engine.open(configuration), configuration: configuration, scrubTime: noScrub ? nil : span,
            run: run)
        // Whoever looks at the file sees also what failed, and what was cut off.
        defer { MetricsFile.renew(configuration) }
        let outcome = try run.cancellable { () throws(EngineError) in try maintenance.carryOut() }
        try MaintenanceAnswer(outcome: outcome).print(as: shared.format)
        if let error = outcome.error { throw error }
    }
}
