internal import SnapCatalogue
package import SnapModel
internal import SnapStore
internal import SnapSystem

/// How `deleteSnapshot` deletes.
package struct DeleteOptions: Hashable, Sendable {
    /// Whether it is deleted for good, whatever the rules of the recycle bin say.
    package var skipsBin: Bool

    package init(skipsBin: Bool = false) { self.skipsBin = skipsBin }
}

/// What became of a snapshot that was deleted.
package struct DeletedSnapshot: Hashable, Sendable {
    /// As it was before; in the recycle bin: as it is there.
    package var snapshot: Snapshot

    /// nil: it is gone for good.
    package var stay: RecycleBinStay? { snapshot.bin }

    package init(snapshot: Snapshot) { self.snapshot = snapshot }
}

extension Engine {
    /// Deletes a snapshot: into the recycle bin, if the rules keep it there, else for good. Chunks that others share stay;
    /// what only this one needed is freed by gc. One that is pending is cancelled, with the set it is of, and then gone.
    ///
    /// Throws `snapshotNotFound`, `snapshotLocked`, `snapshotInUse`.
    package func deleteSnapshot(
        _ id: SnapshotID, options: DeleteOptions = DeleteOptions(), at now: Timestamp = .now()
    ) throws(EngineError) -> DeletedSnapshot {
        try endIfPending(id, at: now)
        return try unread(id) { () throws(EngineError) in
            try withRecordsLocked { () throws(EngineError) in
                let snapshot = try cataloguing { () throws(CatalogueError) in try catalogue.snapshot(id) }
                try Self.refuseLocked(snapshot, at: now)
                let days = configuration.recycleBin.days(for: snapshot.tags)
                guard snapshot.state == .completed, days > 0, !options.skipsBin else {
                    try remove(snapshot, at: now)
                    return DeletedSnapshot(snapshot: snapshot)
                }
                let stay = RecycleBinStay(enterTime: now, exitTime: now.adding(days: days))
                return DeletedSnapshot(snapshot: try replace(snapshot) { $0.bin = stay })
            }
        }
    }

    static func refuseLocked(_ snapshot: Snapshot, at now: Timestamp) throws(EngineError) {
        // What ended as error holds nothing to protect.
        guard snapshot.state != .error, let lock = snapshot.lock, lock.forbidsDeletion(at: now) else { return }
        let until = lock.expiryTime.map { " until \($0)" } ?? ""
        throw EngineError(
            .snapshotLocked,
            "The snapshot '\(snapshot.id)' is locked (\(lock.state(at: now).rawValue))\(until), and cannot be deleted")
    }

    /// For good. The catalogue forgets it first, for everybody to see, and by keeping the row until the record is gone
    /// remembers what is left to do: `purgeBin` does it, should this be cut off.
    private func remove(_ snapshot: Snapshot, at now: Timestamp) throws(EngineError) {
        var gone = snapshot
        gone.bin = RecycleBinStay(enterTime: now, exitTime: now)
        let isMarked = try cataloguing { () throws(CatalogueError) in try catalogue.finishChange(snapshots: [gone]) }
        guard isMarked else {
            throw EngineError(.failed, "\(snapshot.id) changed while it was deleted; run the command again")
        }
        _ = try purge([gone])
    }

    // MARK: - Pending

    /// How long to wait for a worker to hear that it is to end.
    private static let cancellationPatience = Duration.seconds(20)

    /// A worker that has come to its end meanwhile leaves a completed snapshot, which is deleted like others.
    private func endIfPending(_ id: SnapshotID, at now: Timestamp) throws(EngineError) {
        let waited = Stopwatch()
        while true {
            let snapshot = try cataloguing { () throws(CatalogueError) in try catalogue.snapshot(id) }
            guard snapshot.state == .pending else { return }
            try Self.refuseLocked(snapshot, at: now)
            do throws(EngineError) {
                try cancel([id], reason: "it was deleted while it was pending")
            } catch {
                guard error.code == .snapshotNotPending else { throw error }
            }
            guard waited.elapsed < Self.cancellationPatience else {
                throw EngineError(
                    .snapshotHasWorker,
                    "the worker of the snapshot '\(id)' was asked to end and has not yet; delete it again later")
            }
            CurrentProcess.rest(for: .milliseconds(100))
        }
    }
}
