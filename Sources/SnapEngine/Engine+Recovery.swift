internal import SnapCatalogue
internal import SnapModel
internal import SnapStore
internal import SnapSystem

extension Engine {
    /// Ends the pending snapshots whose workers are dead, and keeps what those had made durable.
    func recover() throws(EngineError) {
        let dead = try cataloguing { () throws(CatalogueError) in
            try catalogue.pendingWorkers().filter { $0.worker?.isAlive != true }
        }
        guard !dead.isEmpty else { return }
        try adoptPacks()
        _ = try storing { () throws(StoreError) in try store.removeLeftovers() }
        for (snapshot, worker) in dead { try end(snapshot, worker) }
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
        do throws(CatalogueError) {
            try catalogue.fail(
                id,
                message: "\(process) that was making it ended before it was completed; "
                    + "what it had stored is kept and will be used by the next snapshot")
        } catch {
            // Another process found it first.
            guard error.code == .notPending || error.code == .unknownSnapshot else { throw EngineError(error) }
            return
        }
        if record != nil { try storing { () throws(StoreError) in try store.removeRecord(of: id) } }
    }

    /// True when the snapshot is no longer pending: completed now, or ended by another process.
    private func completeFromRecord(_ snapshot: Snapshot) throws(EngineError) -> Bool {
        guard let image = snapshot.image else { return false }
        try storing { () throws(StoreError) in try store.makeNamesDurable(packs: [], snapshots: [snapshot.id]) }
        let generation = try cataloguing { () throws(CatalogueError) in try catalogue.trustGeneration() }
        guard try missingChunkCount(of: image) == 0 else { return false }
        do throws(CatalogueError) {
            let outcome = try catalogue.complete(
                snapshot.id, image: image, at: snapshot.completionTime ?? snapshot.startTime, trustedSince: generation)
            return outcome == .completed
        } catch {
            guard error.code == .notPending else { throw EngineError(error) }
            return true
        }
    }

    /// How many of the chunks and pages of an image are not there to be relied on. With `marking`, those that the index
    /// does not even know are noted as missing.
    func missingChunkCount(of image: SnapshotImage, marking: Bool = false) throws(EngineError) -> Int {
        guard let manifest = try? ManifestReader(image.manifestRoot, pages: pages) else { return 1 }
        var missingCount = 0
        var batch: [Digest] = []
        let limit = 1_024
        func ask() throws(EngineError) {
            let asked = batch
            batch = []
            let trusted = try cataloguing { () throws(CatalogueError) in try catalogue.trusted(asked) }
            let missing = asked.filter { !trusted.contains($0) }
            missingCount += missing.count
            guard marking else { return }
            try cataloguing { () throws(CatalogueError) in
                try catalogue.markMissing(missing, reason: "no pack of the store holds it")
            }
        }
        // Later pages name chunks too: one that is damaged hides only its own.
        try manifest.forEachBlock(
            onUnreadable: { (error, _) throws(EngineError) in
                guard error.isDamage else { throw EngineError(error) }
                missingCount += 1
            },
            { (_, digest) throws(EngineError) in
                batch.append(digest)
                if batch.count >= limit { try ask() }
            })
        try ask()
        return missingCount
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
