internal import SnapCatalogue
internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import SystemPackage

/// Snapshots and volumes whose records are being changed.
struct RecordDraft: Hashable {
    var snapshots: [Snapshot] = []
    var volumes: [Volume] = []
}

/// Records change in three steps: the catalogue notes that they do, the store gets those with the next revision, the
/// catalogue says the same. One process of a root does so at a time. Whoever comes next after one that died finds the
/// note, and takes over what got as far as the store.
extension Engine {
    /// Changes records by `body`, which sees them as they are and may be run again; all or none. Returns them as they are
    /// then.
    ///
    /// Throws `snapshotNotFound`, `volumeNotFound`, what `body` throws, and `catalogueBusy`.
    @discardableResult
    func change(
        _ records: RecordSet, in place: SnapshotPlace = .listed, _ body: (inout RecordDraft) throws(EngineError) -> Void
    ) throws(EngineError) -> RecordDraft {
        try withRecordsLocked { () throws(EngineError) in
            for _ in 0..<Self.changeAttemptLimit {
                let old = try draft(of: records, in: place)
                var new = old
                try body(&new)
                if try write(&new, over: old) { return new }
            }
            throw EngineError(.failed, "the records kept changing under the change; run the command again")
        }
    }

    /// Changes the record of one snapshot that has ended. With the records locked.
    func replace(_ old: Snapshot, _ body: (inout Snapshot) -> Void) throws(EngineError) -> Snapshot {
        var new = RecordDraft(snapshots: [old])
        body(&new.snapshots[0])
        guard try write(&new, over: RecordDraft(snapshots: [old])) else {
            throw EngineError(.failed, "\(old.id) changed meanwhile; run the command again")
        }
        return new.snapshots[0]
    }

    /// How often pending snapshots may complete in between.
    private static let changeAttemptLimit = 100

    private func draft(of records: RecordSet, in place: SnapshotPlace) throws(EngineError) -> RecordDraft {
        try cataloguing { () throws(CatalogueError) in
            RecordDraft(
                snapshots: records.snapshots.isEmpty
                    ? [] : try catalogue.snapshots(records.snapshots, order: .oldestFirst, in: place),
                volumes: records.volumes.isEmpty ? [] : try catalogue.volumes(records.volumes))
        }
    }

    /// False when a snapshot has changed its state meanwhile.
    private func write(_ new: inout RecordDraft, over old: RecordDraft) throws(EngineError) -> Bool {
        for index in new.snapshots.indices where new.snapshots[index] != old.snapshots[index] {
            new.snapshots[index].revision += 1
        }
        // One that was never given anything has no record yet: now it gets one.
        for index in new.volumes.indices
        where new.volumes[index] != old.volumes[index] || old.volumes[index].revision == 0 {
            new.volumes[index].revision += 1
        }
        let snapshots = zip(new.snapshots, old.snapshots).filter { $0 != $1 }.map(\.0)
        let volumes = zip(new.volumes, old.volumes).filter { $0 != $1 }.map(\.0)
        // Others have no record yet, or none ever.
        let stored = snapshots.filter { $0.state == .completed }
        let records = RecordSet(snapshots: stored.map(\.id), volumes: volumes.map(\.id))
        if !records.isEmpty {
            try cataloguing { () throws(CatalogueError) in try catalogue.beginChange(records) }
            try storing { () throws(StoreError) in
                for snapshot in stored { try store.write(SnapshotRecord(snapshot)) }
                for volume in volumes { try store.write(VolumeRecord(volume)) }
            }
        }
        return try cataloguing { () throws(CatalogueError) in
            try catalogue.finishChange(snapshots: snapshots, volumes: volumes)
        }
    }

    // MARK: - One at a time

    /// Runs `body` while no other process changes records, and after what one that died had begun was settled.
    func withRecordsLocked<Result>(_ body: () throws(EngineError) -> Result) throws(EngineError) -> Result {
        let lock = try waitForRecordsLock()
        return try withExtendedLifetime(lock) { () throws(EngineError) in
            try settleChanges()
            return try body()
        }
    }

    /// Settles what a dead process had begun, unless another process is at it, or changes records now.
    func settleChangesIfIdle() throws(EngineError) {
        let begun = try cataloguing { () throws(CatalogueError) in try catalogue.begunChanges() }
        guard !begun.isEmpty, let lock = try recordsLock() else { return }
        try withExtendedLifetime(lock) { () throws(EngineError) in try settleChanges() }
    }

    private func waitForRecordsLock() throws(EngineError) -> FileLock {
        let waited = Stopwatch()
        while waited.elapsed < Catalogue.busyTimeout {
            if let lock = try recordsLock() { return lock }
            CurrentProcess.rest(for: .milliseconds(5))
        }
        throw EngineError(
            .catalogueBusy, "another snapctl changes records under \(configuration.root); run the command again")
    }

    private func recordsLock() throws(EngineError) -> FileLock? {
        do throws(SystemError) {
            return try FileLock.acquire(configuration.root.appending("records.lock"), .exclusive)
        } catch {
            throw EngineError(error)
        }
    }

    /// With the lock held nobody is at them: the records tell how far they came.
    private func settleChanges() throws(EngineError) {
        let begun = try cataloguing { () throws(CatalogueError) in try catalogue.begunChanges() }
        for id in begun.snapshots { try settleChange(of: id) }
        for id in begun.volumes { try settleChange(of: id) }
    }

    private func settleChange(of id: SnapshotID) throws(EngineError) {
        let recorded: Snapshot?
        do throws(StoreError) {
            recorded = try store.record(of: id).snapshot
        } catch {
            // What cannot be read now may be read later; what is gone or garbage is not ahead of anything.
            guard error.code == .missing || error.code == .damaged else { return }
            recorded = nil
        }
        try cataloguing { () throws(CatalogueError) in
            var known = try catalogue.snapshot(id, in: .anywhere)
            guard let recorded, recorded.revision > known.revision else {
                return try catalogue.forgetChange(RecordSet(snapshots: [id]))
            }
            known.takeAttributes(of: recorded)
            _ = try catalogue.finishChange(snapshots: [known])
        }
    }

    private func settleChange(of id: VolumeID) throws(EngineError) {
        let recorded: Volume?
        do throws(StoreError) {
            recorded = try store.record(of: id).volume
        } catch {
            guard error.code == .missing || error.code == .damaged else { return }
            recorded = nil
        }
        try cataloguing { () throws(CatalogueError) in
            guard let recorded, recorded.revision > (try catalogue.volume(id)).revision else {
                return try catalogue.forgetChange(RecordSet(volumes: [id]))
            }
            _ = try catalogue.finishChange(snapshots: [], volumes: [recorded])
        }
    }
}

extension Snapshot {
    /// What may change after a snapshot was recorded.
    mutating func takeAttributes(of other: Snapshot) {
        tags = other.tags
        permissions = other.permissions
        storageTier = other.storageTier
        lock = other.lock
        bin = other.bin
        revision = other.revision
    }
}
