internal import SnapCatalogue
internal import SnapConsistency
package import SnapModel
internal import SnapStore
package import SnapSystem
internal import SystemPackage

/// What can be done to snapshots while they are pending.
extension Engine {
    /// After so many deaths of its workers a job is not resumed by itself any more: something may be killing them.
    private static let automaticAttemptLimit = 5

    /// A job whose worker died while its point in time is still there.
    package struct InterruptedJob: Sendable {
        package var snapshots: [SnapshotID]
        /// Whether to go on with it without being asked.
        package var isSafeToResume: Bool
    }

    /// Whether a pending snapshot is carried on by nobody: `recover` looks after it.
    package func hasDeadWorkers() throws(EngineError) -> Bool { try !deadJobs().isEmpty }

    /// Jobs that `resume` can go on with.
    package func interruptedJobs() throws(EngineError) -> [InterruptedJob] {
        try deadJobs().filter(\.canBeResumed).map { job in
            InterruptedJob(
                snapshots: job.map(\.id),
                isSafeToResume: job.allSatisfy { $0.attemptCount < Self.automaticAttemptLimit })
        }
    }

    /// Goes on with pending snapshots whose worker died, from what is durable; with all of a set when one of it is named.
    /// Returns the completed snapshots.
    ///
    /// Throws `snapshotNotFound`, `snapshotNotPending`, `snapshotHasWorker` and, once the point in time is gone,
    /// `pointInTimeLost`; then the snapshots are `error`.
    package func resume(
        _ ids: [SnapshotID], progress: TransferProgress, cancellation: CancellationFlag, events: Events = Events()
    ) throws(EngineError) -> [Snapshot] {
        let pending = try pendingJob(of: ids)
        guard try takeOver(pending) else { throw Self.hasWorker(pending[0].id) }
        let snapshots = try cataloguing { () throws(CatalogueError) in
            try catalogue.snapshots(pending.map(\.id), order: .oldestFirst)
        }
        log.info(snapshots, "resumed")
        let job = SnapshotJob(snapshots, engine: self, progress: progress, cancellation: cancellation)
        return try job.run { (job) throws(EngineError) in
            for snapshot in snapshots {
                guard let lease = pending.first(where: { $0.id == snapshot.id })?.decodedLease else {
                    throw EngineError(.pointInTimeLost, "\(snapshot.id) has no point in time that outlives its worker")
                }
                try securing { () throws(ConsistencyError) in job.adopt(try lease.reopen()) }
            }
            events.onSecured(snapshots, false)
            return try job.finish()
        }
    }

    /// The whole job that the snapshots named are of.
    private func pendingJob(of ids: [SnapshotID]) throws(EngineError) -> [PendingSnapshot] {
        let named = try snapshots(ids)
        if let ended = named.first(where: { $0.state != .pending }) {
            throw EngineError(
                .snapshotNotPending,
                "the snapshot '\(ended.id)' is in state \(ended.state.rawValue); only a pending snapshot can be resumed"
            )
        }
        let all = try cataloguing { () throws(CatalogueError) in try catalogue.pendingSnapshots() }
        let sets = Set(named.compactMap(\.setID))
        let job = all.filter { pending in
            ids.contains(pending.id) || pending.setID.map(sets.contains) == true
        }
        guard Set(job.map { $0.setID?.rawValue ?? $0.id.rawValue }).count == 1 else {
            throw EngineError(.invalidParameter, "these snapshots are not of one set; resume them one by one")
        }
        if let carried = job.first(where: { $0.worker?.isAlive == true }) { throw Self.hasWorker(carried.id) }
        return job
    }

    private static func hasWorker(_ id: SnapshotID) -> EngineError {
        EngineError(
            .snapshotHasWorker, "the snapshot '\(id)' is being carried on by its worker; see 'snapctl wait \(id)'")
    }

    /// Asks for pending snapshots, and the sets they are of, to end as `error`. Their workers hear it within a second; those
    /// without a worker are ended at once. Returns without waiting for the workers.
    ///
    /// Throws `snapshotNotFound`, `snapshotNotPending`, `snapshotLocked`.
    package func cancel(_ ids: [SnapshotID], reason: String) throws(EngineError) {
        for id in ids {
            let snapshot = try cataloguing { () throws(CatalogueError) in try catalogue.snapshot(id) }
            if snapshot.state == .pending { try refuseLocked(inSetOf: snapshot) }
            do throws(CatalogueError) {
                try catalogue.requestCancellation(id, reason: reason)
            } catch {
                guard error.code == .notPending else { throw EngineError(error) }
                throw EngineError(
                    .snapshotNotPending,
                    "the snapshot '\(id)' \(error.explanation); only a pending one can be cancelled")
            }
        }
        for job in try deadJobs() where job.contains(where: { ids.contains($0.id) }) {
            if try takeOver(job) { try abandon(job, because: reason) }
        }
    }

    /// Those of a set end together: the lock of one is that of all, as long as they are pending.
    private func refuseLocked(inSetOf snapshot: Snapshot) throws(EngineError) {
        let now = Timestamp.now()
        try Self.refuseLocked(snapshot, at: now)
        guard let set = snapshot.setID else { return }
        let others = try cataloguing { () throws(CatalogueError) in try catalogue.snapshots(inSet: set) }
        for other in others where other.state == .pending { try Self.refuseLocked(other, at: now) }
    }

    /// A pending snapshot whose worker is dead says so.
    func explainInterruption(of snapshots: [Snapshot]) throws(EngineError) -> [Snapshot] {
        let dead = Set(try deadJobs().joined().map(\.id))
        return snapshots.map { snapshot in
            guard dead.contains(snapshot.id) else { return snapshot }
            var explained = snapshot
            explained.stateMessage =
                "its worker ended; 'snapctl resume \(snapshot.id)' goes on from what is stored, "
                + "'snapctl cancel \(snapshot.id)' gives it up"
            return explained
        }
    }
}
