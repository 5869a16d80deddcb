internal import SnapEngine
internal import SnapModel
internal import SnapSystem

/// One run of `maintain`: its parts, in their order.
struct Maintenance {
    /// How long it waits for what was resumed: others of the night have to be done, too.
    private static let resumeTimeout = Duration.seconds(3 * 3_600)
    private static let resumeInterval = Duration.seconds(1)

    struct Outcome {
        var resumed: [SnapshotID] = []
        var policies: PolicyOutcome?
        var purged: [SnapshotID] = []
        var garbage: GarbageReport?
        var read: [ImageOutcome] = []
        var failures: [(part: String, error: EngineError)] = []

        var damaged: [ImageOutcome] { read.filter { !$0.damaged.isEmpty } }

        /// What the run ends with; nil when all went well.
        var error: EngineError? {
            if let damage = damaged.lazy.compactMap(DamageReport.error).first { return damage }
            return failures.first.map { EngineError($0.error.code, "\($0.part): \($0.error.explanation)") }
        }
    }

    let engine: Engine
    let configuration: EngineConfiguration
    /// nil: nothing is read.
    let scrubTime: Duration?
    let run: LongRun
    private let notifier = ServiceNotifier.current

    init(engine: Engine, configuration: EngineConfiguration, scrubTime: Duration?, run: LongRun) {
        self.engine = engine
        self.configuration = configuration
        self.scrubTime = scrubTime
        self.run = run
    }

    /// Throws only when it was ended from outside, or cannot remember what it did.
    func carryOut() throws(EngineError) -> Outcome {
        var record = engine.maintenanceRecord
        record.lastStartTime = .now()
        try engine.write(record)
        notifier?.tell(.ready)
        var outcome = Outcome()
        try part("resume", &outcome) { (outcome) throws(EngineError) in outcome.resumed = try resume() }
        try part("policies", &outcome) { (outcome) throws(EngineError) in
            outcome.policies = try engine.applyPolicies(isDryRun: false)
        }
        try part("recycle bin", &outcome) { (outcome) throws(EngineError) in outcome.purged = try engine.purgeBin() }
        try part("garbage", &outcome) { (outcome) throws(EngineError) in
            outcome.garbage = try engine.collectGarbage(progress: run.progress, cancellation: run.cancellation)
        }
        try part("scrub", &outcome) { (outcome) throws(EngineError) in outcome.read = try scrub(&record) }
        record.lastEndTime = .now()
        record.failure = outcome.error?.explanation
        if outcome.error == nil { record.lastSuccessTime = record.lastEndTime }
        try engine.write(record)
        notifier?.tell(.stopping, .status(record.failure.map { "failed: \($0)" } ?? "done"))
        return outcome
    }

    /// What fails is remembered, unless somebody wants all to end.
    private func part(
        _ name: String, _ outcome: inout Outcome, _ body: (inout Outcome) throws(EngineError) -> Void
    ) throws(EngineError) {
        if run.cancellation.isCancelled { throw EngineError(.cancelled, run.cancellation.reason) }
        run.announce(name)
        notifier?.tell(.status(name), .watchdog)
        do throws(EngineError) {
            try body(&outcome)
        } catch {
            if error.code == .cancelled { throw error }
            outcome.failures.append((name, error))
        }
    }

    /// Their workers would end with the unit, if this did not wait for them.
    private func resume() throws(EngineError) -> [SnapshotID] {
        let resumed = WorkerRun.resumeInterrupted(configuration)
        let watch = Stopwatch()
        while !resumed.isEmpty, watch.elapsed < Self.resumeTimeout, !run.cancellation.isCancelled {
            let isDone = try engine.snapshots(resumed).allSatisfy { $0.state != .pending }
            if isDone { break }
            notifier?.tell(.watchdog)
            CurrentProcess.rest(for: Self.resumeInterval)
        }
        return resumed
    }

    private func scrub(_ record: inout MaintenanceRecord) throws(EngineError) -> [ImageOutcome] {
        guard let scrubTime else { return [] }
        return try engine.scrub(
            within: scrubTime, noting: &record, progress: run.progress, cancellation: run.cancellation
        ) { id in
            run.announce(id.rawValue)
            notifier?.tell(.status("reading \(id)"), .watchdog)
        }
    }
}
