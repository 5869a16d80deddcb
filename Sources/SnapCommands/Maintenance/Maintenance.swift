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

    init(engine: Engine, configuration: EngineConfiguration, scrubTime: Duration?, run: LongRun) {
        self.engine = engine
        self.configuration = configuration
        self.scrubTime = scrubTime
        self.run = run
    }

    /// Throws only when it was ended from outside, or cannot remember what it did. What it ends with is remembered, and
    /// told systemd, in any case.
    func carryOut() throws(EngineError) -> Outcome {
        var record = engine.maintenanceRecord
        record.lastStartTime = .now()
        try engine.write(record)
        ServiceNotifier.current?.tell(.ready)
        let status = ServiceStatus.begin(run.progress, "beginning")
        var outcome = Outcome()
        var failure: EngineError?
        do throws(EngineError) {
            try carryOut(&outcome, &record, status)
        } catch {
            failure = error
        }
        record.note(failure ?? outcome.error, at: .now())
        status?.end(record.failure.map { "failed: \($0)" } ?? "done")
        try engine.write(record)
        if let failure { throw failure }
        return outcome
    }

    private func carryOut(
        _ outcome: inout Outcome, _ record: inout MaintenanceRecord, _ status: ServiceStatus?
    ) throws(EngineError) {
        try part("resume", &outcome, status) { (outcome) throws(EngineError) in
            outcome.resumed = WorkerRun.resumeInterrupted(configuration)
            try wait(for: outcome.resumed)
        }
        try part("policies", &outcome, status) { (outcome) throws(EngineError) in
            let policies = try engine.applyPolicies(isDryRun: false)
            outcome.policies = policies
            if let failure = policies.failure { throw failure }
        }
        try part("recycle bin", &outcome, status) { (outcome) throws(EngineError) in
            outcome.purged = try engine.purgeBin()
        }
        try part("garbage", &outcome, status) { (outcome) throws(EngineError) in
            outcome.garbage = try engine.collectGarbage(progress: run.progress, cancellation: run.cancellation)
        }
        try part("scrub", &outcome, status) { (outcome) throws(EngineError) in
            try scrub(&record, &outcome, status)
        }
    }

    /// What fails is remembered, unless somebody wants all to end.
    private func part(
        _ name: String, _ outcome: inout Outcome, _ status: ServiceStatus?,
        _ body: (inout Outcome) throws(EngineError) -> Void
    ) throws(EngineError) {
        if run.cancellation.isCancelled { throw EngineError(.cancelled, run.cancellation.reason) }
        run.announce(name)
        status?.turn(to: name)
        do throws(EngineError) {
            try body(&outcome)
        } catch {
            if error.code == .cancelled { throw error }
            outcome.failures.append((name, error))
        }
    }

    /// Their workers would end with the unit, if this did not wait for them.
    private func wait(for resumed: [SnapshotID]) throws(EngineError) {
        let watch = Stopwatch()
        while !resumed.isEmpty, watch.elapsed < Self.resumeTimeout, !run.cancellation.isCancelled {
            let snapshots = try engine.snapshots(resumed)
            if let failed = snapshots.first(where: { $0.state == .error }) {
                throw EngineError(.snapshotFailed, "\(failed.id): \(failed.stateMessage ?? "it ended as error")")
            }
            if snapshots.allSatisfy({ $0.state != .pending }) { return }
            CurrentProcess.rest(for: Self.resumeInterval)
        }
    }

    private func scrub(
        _ record: inout MaintenanceRecord, _ outcome: inout Outcome, _ status: ServiceStatus?
    ) throws(EngineError) {
        guard let scrubTime else { return }
        let scrub = try engine.scrub(
            within: scrubTime, noting: &record, progress: run.progress, cancellation: run.cancellation
        ) { id in
            run.announce(id.rawValue)
            status?.turn(to: "reading \(id)")
        }
        outcome.read = scrub.read
        if let failure = scrub.failure { throw failure }
    }
}
