internal import SnapEngine
internal import SnapModel
internal import SnapSystem

/// What `create` and `resume` do: start a worker, hear of the point in time, and stay to the end or not.
struct WorkerRun {
    /// A Ctrl-C is handed on within this.
    private static let interval = Duration.milliseconds(20)
    /// What the worker reports changes twice a second.
    private static let progressInterval = Duration.milliseconds(200)

    let configuration: EngineConfiguration
    /// nil: as the method asks for, which is to stay where the volume is held until it is read.
    let waits: Bool?
    let run: LongRun

    private struct State {
        var engine: Engine?
        var ids: [SnapshotID] = []
        var isShown = false
        var hasCancelled = false
        var sinceProgress = Stopwatch()
    }

    /// Returns the snapshots as they are when this returns: `pending`, or `completed`. Throws what they ended with.
    func carryOut(_ job: WorkerOrder.Job) throws(EngineError) -> [Snapshot] {
        let order = WorkerOrder(configuration, job)
        // A terminal that is closed ends this process, and the worker goes on, unless the point in time is not secured yet.
        return try run.heedingSignals(heedsHangup: false) { () throws(EngineError) in
            var link = try WorkerLink.start(order)
            var state = State()
            var hasSucceeded = false
            defer { if state.isShown { run.finish(hasSucceeded: hasSucceeded) } }
            let snapshots = try follow(&link, &state)
            hasSucceeded = snapshots.allSatisfy { $0.state == .completed }
            return snapshots
        }
    }

    private func follow(_ link: inout WorkerLink, _ state: inout State) throws(EngineError) -> [Snapshot] {
        while true {
            if run.cancellation.isCancelled, !state.hasCancelled {
                state.hasCancelled = true
                link.cancel(run.cancellation.reason)
            }
            switch try link.next(within: Self.interval) {
            case .pending(let ids, let isCopied):
                announce(ids)
                if isCopied { show(ids, &state) }
            case .secured(let ids, let isHolding):
                state.ids = ids
                if let snapshots = try secured(isHolding, link, &state) { return snapshots }
            case .completed(let ids):
                link.join()
                let snapshots = try read(ids, &state)
                run.progress.show(snapshots)
                return snapshots
            case .failed: preconditionFailure("a failure is thrown")
            case nil: try showProgress(&state)
            }
        }
    }

    /// The answer, unless this stays to the end.
    private func secured(
        _ isHolding: Bool, _ link: borrowing WorkerLink, _ state: inout State
    ) throws(EngineError) -> [Snapshot]? {
        // The unit counts as started. This process says so, not the worker: systemd passes over what was said by a process
        // that has ended, unless it started it itself.
        ServiceNotifier.current?.tell(.ready)
        let snapshots = try read(state.ids, &state)
        guard waits ?? !snapshots.allSatisfy(\.consistency.method.fixesBytes) else {
            link.release()
            return snapshots
        }
        // It would stand in the middle of the bar.
        for snapshot in snapshots where !state.isShown {
            run.tell("\(snapshot.id): \(SnapshotFields.sentence(aboutHolding: snapshot))")
        }
        // While writers are held up the worker goes with us.
        if !isHolding { link.release() }
        show(state.ids, &state)
        return nil
    }

    /// From now on the progress of these is shown.
    private func show(_ ids: [SnapshotID], _ state: inout State) {
        state.ids = ids
        if !state.isShown { run.start() }
        state.isShown = true
    }

    private func announce(_ ids: [SnapshotID]) {
        run.announce(ids.map(\.rawValue).joined(separator: " "))
    }

    private func showProgress(_ state: inout State) throws(EngineError) {
        guard state.isShown, state.sinceProgress.elapsed >= Self.progressInterval else { return }
        state.sinceProgress = Stopwatch()
        run.progress.show(try read(state.ids, &state))
    }

    /// In the order of `ids`.
    private func read(_ ids: [SnapshotID], _ state: inout State) throws(EngineError) -> [Snapshot] {
        let engine: Engine
        if let opened = state.engine { engine = opened } else { engine = try Engine.open(configuration) }
        state.engine = engine
        let found = try engine.snapshots(ids)
        return ids.compactMap { id in found.first { $0.id == id } }
    }
}

extension WorkerRun {
    /// `resumeInterrupted` after a create, but not in a unit of systemd: what was started there would end with the unit,
    /// again and again, until nobody dared to go on with it. 'snapctl maintain' does, and waits for it.
    static func resumeAfterCreate(_ configuration: EngineConfiguration) {
        if ServiceNotifier.current == nil { _ = resumeInterrupted(configuration) }
    }

    /// Goes on with what dead workers left, where that is safe: each gets a worker that nobody waits for. Failing to is
    /// told by `list` and `doctor`.
    static func resumeInterrupted(_ configuration: EngineConfiguration) -> [SnapshotID] {
        guard let engine = try? Engine.open(configuration), let jobs = try? engine.interruptedJobs() else { return [] }
        var resumed: [SnapshotID] = []
        for job in jobs where job.isSafeToResume {
            guard let link = try? WorkerLink.start(WorkerOrder(configuration, .resume(job.snapshots))) else { continue }
            link.release()
            resumed += job.snapshots
        }
        return resumed
    }
}
