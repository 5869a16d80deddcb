internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SnapSystem

/// `snapctl wait`
struct WaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until snapshots are completed.",
        discussion: """
            Returns once all that are named are completed, as 'aws ec2 wait snapshot-completed' does; as soon as one is in \
            state error, with status 19; after --timeout, with status 5. A snapshot whose worker died is resumed, where its \
            point in time is still there. Ctrl-C ends the waiting, not the snapshots.

            EXAMPLES
              snapctl wait snap-0123456789abcdef0
              snapctl wait snap-1a2b3c4d snap-5e6f7a8b --timeout 2h && echo done
            """,
        aliases: ["snapshot-completed"]
    )

    private static let interval = Duration.milliseconds(500)
    private static let rescueInterval = Duration.seconds(5)
    private static let rescueLimit = 5

    /// How often dead workers were replaced.
    private struct Rescue {
        var count = 0
        var last: Stopwatch?
    }

    @Argument(help: ArgumentHelp("Ids of snapshots.", valueName: "snap"))
    var snapshots: [String] = []

    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("The same, as the AWS command line has it.", valueName: "snap"))
    var snapshotIds: [String] = []

    @Option(help: ArgumentHelp("How long at most, such as 90s, 10m, 2h. Without it: for ever.", valueName: "time"))
    var timeout: TimeSpan?

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let ids = try Identifiers.snapshots(snapshots + snapshotIds)
        guard !ids.isEmpty else {
            throw EngineError(.invalidParameter, "no snapshot is named; name those to wait for")
        }
        let run = LongRun("wait", tellsNew: true, isQuiet: shared.quiet)
        let completed = try run.shown { () throws(EngineError) in try wait(for: ids, run.progress) }
        try SnapshotListAnswer(snapshots: completed).print(as: shared.format)
    }

    private func wait(for ids: [SnapshotID], _ progress: TransferProgress) throws(EngineError) -> [Snapshot] {
        let configuration = try shared.configuration()
        let engine = try Engine.open(configuration)
        let watch = Stopwatch()
        var rescue = Rescue()
        while true {
            let found = try engine.snapshots(ids)
            progress.show(found)
            if let failed = found.first(where: { $0.state == .error }) { throw Self.failure(of: failed) }
            if found.allSatisfy({ $0.state == .completed }) { return found }
            if let timeout, watch.elapsed >= timeout.duration { throw Self.timedOut(found) }
            try lookAfterDead(engine, configuration, ids, &rescue)
            CurrentProcess.rest(for: Self.interval)
        }
    }

    /// Nobody else may come by to notice.
    private func lookAfterDead(
        _ engine: Engine, _ configuration: EngineConfiguration, _ ids: [SnapshotID], _ rescue: inout Rescue
    ) throws(EngineError) {
        // A new worker needs a while to take over.
        guard rescue.last.map({ $0.elapsed >= Self.rescueInterval }) ?? true else { return }
        guard try engine.hasDeadWorkers() else { return }
        rescue.last = Stopwatch()
        rescue.count += 1
        try engine.recover()
        let resumed = WorkerRun.resumeInterrupted(configuration)
        let interrupted = try engine.interruptedJobs().flatMap(\.snapshots)
        let isHopeless = rescue.count > Self.rescueLimit
        if let stuck = ids.first(where: { interrupted.contains($0) && (isHopeless || !resumed.contains($0)) }) {
            throw EngineError(
                .snapshotFailed,
                "the workers of '\(stuck)' ended again and again; see their log, then 'snapctl resume \(stuck)'")
        }
    }

    private static func failure(of snapshot: Snapshot) -> EngineError {
        EngineError(
            .snapshotFailed, "\(snapshot.id) is in state error: \(snapshot.stateMessage ?? "no reason is known")")
    }

    private static func timedOut(_ snapshots: [Snapshot]) -> EngineError {
        let pending = snapshots.filter { $0.state == .pending }.map(\.id.rawValue).joined(separator: ", ")
        return EngineError(.waitTimedOut, "the time to wait is up, and still pending: \(pending)")
    }
}
