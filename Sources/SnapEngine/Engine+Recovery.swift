internal import SnapCatalogue
internal import SnapConsistency
internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import SystemPackage

extension Engine {
    /// Looks after what dead workers left: wakes what they had frozen, ends or completes their snapshots, keeps what they
    /// had made durable. A snapshot whose point in time is still there stays pending: another worker can go on with it.
    package func recover() throws(EngineError) {
        clearPointsOfEnded()
        try settleChangesIfIdle()
        let dead = try deadJobs()
        guard !dead.isEmpty else { return }
        try adoptPacks()
        _ = try storing { () throws(StoreError) in try store.removeLeftovers() }
        for job in dead { try settle(job) }
    }

    /// The pending snapshots that nobody carries on, those of a set together.
    func deadJobs() throws(EngineError) -> [[PendingSnapshot]] {
        let dead = try cataloguing { () throws(CatalogueError) in
            try catalogue.pendingSnapshots().filter { $0.worker?.isAlive != true }
        }
        var jobs: [[PendingSnapshot]] = []
        for snapshot in dead {
            if let set = snapshot.setID, let index = jobs.firstIndex(where: { $0[0].setID == set }) {
                jobs[index].append(snapshot)
            } else {
                jobs.append([snapshot])
            }
        }
        return jobs
    }

    /// A worker that died after it had written the records had made everything durable: its snapshots are complete.
    private func settle(_ job: [PendingSnapshot]) throws(EngineError) {
        var records: [SnapshotRecord] = []
        for snapshot in job {
            do throws(StoreError) {
                records.append(try store.record(of: snapshot.id))
            } catch {
                // A record that is there and cannot be read now may say that the snapshot is complete: later, perhaps.
                guard error.code == .missing || error.code == .damaged else { return }
            }
        }
        // Without taking over: the records, which say who made them, are true whoever completes by them.
        if records.count == job.count, try completeFromRecords(records.map(\.snapshot)) {
            return clearPoints(of: job)
        }
        if job.canBeResumed { return }
        // Of several processes that find it, and of one that resumes it meanwhile, one gets it.
        guard try takeOver(job) else { return }
        let worker = job[0].worker.map { "process \($0.number)" } ?? "the process"
        try abandon(job, because: job.reasonOfEnd(worker: worker))
    }

    /// Makes this process the worker. False when another was faster.
    func takeOver(_ job: [PendingSnapshot]) throws(EngineError) -> Bool {
        try cataloguing { () throws(CatalogueError) in
            try catalogue.takeOver(
                job.map(\.id), from: job[0].worker, by: .current, logPath: configuration.logPath?.string)
        }
    }

    /// Ends a job that nobody carries on, and clears away what held its points in time.
    func abandon(_ job: [PendingSnapshot], because reason: String) throws(EngineError) {
        // First, while it is known what there is: what cannot be cleared now is found again.
        clearPoints(of: job)
        let ended = try cataloguing { () throws(CatalogueError) in
            try catalogue.fail(job.map(\.id), message: reason)
        }
        try removeRecords(of: ended)
    }

    /// A worker may die between the end of a snapshot and giving its point in time back.
    func clearPointsOfEnded() {
        let held = (try? catalogue.leases()) ?? []
        for point in held where point.state != .pending {
            do throws(ConsistencyError) {
                try PointInTimeLease(point.lease)?.clear()
                try? catalogue.releasePointInTime(point.snapshot)
            } catch {
                // Its worker may be removing it at this moment; else it is for 'snapctl doctor' to tell.
                continue
            }
        }
    }

    private func clearPoints(of job: [PendingSnapshot]) {
        for snapshot in job {
            // A worker that died before it could tell of what it made had told what it was going to make.
            let leases = snapshot.decodedLease.map { [$0] } ?? PointInTimeLease.several(snapshot.request ?? "")
            do throws(ConsistencyError) {
                for lease in leases { try lease.clear() }
                if snapshot.lease != nil { try? catalogue.releasePointInTime(snapshot.id) }
            } catch {
                log.notice(
                    "\(snapshot.id): what held its point in time is left, and 'snapctl doctor' tries again: \(error)")
            }
        }
    }

    /// True when the snapshots are no longer pending: completed now, or ended by another process.
    private func completeFromRecords(_ snapshots: [Snapshot]) throws(EngineError) -> Bool {
        let ids = snapshots.map(\.id)
        try storing { () throws(StoreError) in try store.makeNamesDurable(packs: [], snapshots: ids) }
        let generation = try cataloguing { () throws(CatalogueError) in try catalogue.trustGeneration() }
        for snapshot in snapshots {
            guard let image = snapshot.image, try judge(image).isWhole, try trustsPages(of: image) else { return false }
        }
        for _ in 0..<Self.revisionLimit {
            let current = try withCurrentAttributes(snapshots)
            for (new, old) in zip(current, snapshots) where new.revision != old.revision {
                try storing { () throws(StoreError) in try store.write(SnapshotRecord(new)) }
            }
            let outcome: CompletionOutcome
            do throws(CatalogueError) {
                outcome = try catalogue.complete(current.map(SnapshotCompletion.init), trustedSince: generation)
            } catch {
                guard error.code == .notPending else { throw EngineError(error) }
                return true
            }
            if outcome != .revised { return outcome == .completed }
        }
        return false
    }

    /// How often somebody may change a snapshot that is being completed.
    private static let revisionLimit = 100

    /// A page that is condemned can still be read.
    private func trustsPages(of image: SnapshotImage) throws(EngineError) -> Bool {
        let manifest = try manifest(image)
        var pages = [image.manifestRoot.digest]
        try storing { () throws(StoreError) in try manifest.forEachPage { pages.append($0.digest) } }
        let trusted = try cataloguing { () throws(CatalogueError) in try catalogue.trusted(pages) }
        return pages.allSatisfy(trusted.contains)
    }

    /// Packs that were published but not committed: durable, so that nobody need store their chunks again.
    ///
    /// A pack that a living worker is about to commit may be among them; committing it twice is harmless.
    func adoptPacks(olderThan age: Duration = .zero) throws(EngineError) {
        let listed = try storing { () throws(StoreError) in try store.packIDs() }
        // Later than the listing: a pack that is removed meanwhile is known until its file is gone.
        let known = Set(try cataloguing { () throws(CatalogueError) in try catalogue.packIDs() })
        let end = PackID.first(at: Timestamp.now().earlier(by: age))
        let orphans = listed.filter { !known.contains($0) && (age == .zero || $0 < end) }
        try storing { () throws(StoreError) in try store.makeNamesDurable(packs: orphans, snapshots: []) }
        for id in orphans {
            // One that cannot be read was never promised to anybody.
            guard let pack = try? packs.list(id) else { continue }
            _ = try cataloguing { () throws(CatalogueError) in try catalogue.commit([pack]) }
            try distrustIfRemoved(id)
        }
    }

    /// Between the look at a pack and its commit, a collection of another process may have taken it in, found it of no use
    /// and removed it: nobody must rely on it then.
    private func distrustIfRemoved(_ pack: PackID) throws(EngineError) {
        guard try !storing({ () throws(StoreError) in try store.contains(pack: pack) }) else { return }
        try cataloguing { () throws(CatalogueError) in
            try catalogue.markSuspects(in: pack, reason: "its pack was removed by 'snapctl gc'")
        }
    }
}

extension [PendingSnapshot] {
    /// Whether every point in time is still there, as far as can be told.
    var canBeResumed: Bool {
        allSatisfy { $0.cancelReason == nil && ($0.decodedLease?.isThere ?? false) }
    }

    func reasonOfEnd(worker: String) -> String {
        if let reason = compactMap(\.cancelReason).first { return reason }
        let point = contains { $0.lease != nil } ? ", and the point in time is gone" : ""
        return "\(worker) that was making it ended before it was completed\(point); "
            + "what it had stored is kept and will be used by the next snapshot"
    }
}

extension PendingSnapshot {
    var decodedLease: PointInTimeLease? { lease.flatMap { PointInTimeLease($0) } }
}
