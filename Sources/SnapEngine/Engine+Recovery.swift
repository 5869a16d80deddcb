internal import SnapCatalogue
internal import SnapModel
internal import SnapStore
internal import SnapSystem

extension Engine {
    /// Ends the pending snapshots whose workers are dead, and keeps what those had made durable.
    func recover() throws(EngineError) {
        let dead = try cataloguing { () throws(CatalogueError) in
            try catalogue.pendingSnapshots().filter { $0.worker?.isAlive != true }
        }
        guard !dead.isEmpty else { return }
        try adoptPacks()
        _ = try storing { () throws(StoreError) in try store.removeLeftovers() }
        for snapshot in dead { try end(snapshot.id, snapshot.worker) }
    }

    /// A worker that died after it had written the record had made everything durable: its snapshot is complete.
    private func end(_ id: SnapshotID, _ worker: ProcessIdentity?) throws(EngineError) {
        let record: SnapshotRecord?
        do throws(StoreError) {
            record = try store.record(of: id)
        } catch {
            // A record that is there and cannot be read now may say that the snapshot is complete: later, perhaps.
            guard error.code == .missing || error.code == .damaged else { return }
            record = nil
        }
        if let record, try completeFromRecord(record.snapshot) { return }
        let process = worker.map { "process \($0.number)" } ?? "the process"
        let ended = try cataloguing { () throws(CatalogueError) in
            try catalogue.fail(
                [id],
                message: "\(process) that was making it ended before it was completed; "
                    + "what it had stored is kept and will be used by the next snapshot")
        }
        // Another process found it first.
        guard ended == [id] else { return }
        if record != nil { try storing { () throws(StoreError) in try store.removeRecord(of: id) } }
    }

    /// True when the snapshot is no longer pending: completed now, or ended by another process.
    private func completeFromRecord(_ snapshot: Snapshot) throws(EngineError) -> Bool {
        guard let image = snapshot.image else { return false }
        try storing { () throws(StoreError) in try store.makeNamesDurable(packs: [], snapshots: [snapshot.id]) }
        let generation = try cataloguing { () throws(CatalogueError) in try catalogue.trustGeneration() }
        guard try judge(image).isWhole else { return false }
        do throws(CatalogueError) {
            let outcome = try catalogue.complete(
                [
                    SnapshotCompletion(
                        id: snapshot.id, image: image, time: snapshot.completionTime ?? snapshot.startTime,
                        durations: snapshot.durations)
                ], trustedSince: generation)
            return outcome == .completed
        } catch {
            guard error.code == .notPending else { throw EngineError(error) }
            return true
        }
    }

    /// Packs that were published but not committed: durable, so that nobody need store their chunks again.
    ///
    /// A pack that a living worker is about to commit may be among them; committing it twice is harmless.
    private func adoptPacks() throws(EngineError) {
        let listed = try storing { () throws(StoreError) in try store.packIDs() }
        let known = Set(try cataloguing { () throws(CatalogueError) in try catalogue.packIDs() })
        let orphans = listed.filter { !known.contains($0) }
        try storing { () throws(StoreError) in try store.makeNamesDurable(packs: orphans, snapshots: []) }
        for id in orphans {
            // One that cannot be read was never promised to anybody.
            guard let pack = try? packs.list(id) else { continue }
            _ = try cataloguing { () throws(CatalogueError) in try catalogue.commit([pack]) }
        }
    }
}
