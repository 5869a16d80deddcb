internal import SnapCatalogue
package import SnapModel
internal import SnapSystem

/// What `lock` is asked for.
package struct LockRequest: Hashable, Sendable {
    package var snapshot: SnapshotID
    package var terms: SnapshotLockTerms

    package init(snapshot: SnapshotID, terms: SnapshotLockTerms) {
        self.snapshot = snapshot
        self.terms = terms
    }
}

extension Engine {
    /// Locks a snapshot, or changes its lock, by EBS's rules (`SnapshotLock.locking`). Returns it as it is then.
    ///
    /// Throws `snapshotNotFound`, `snapshotNotCompleted` for one that ended as `error`, `invalidParameter`,
    /// `invalidParameterCombination`, and `snapshotLocked` for what a compliance lock does not allow.
    package func lock(_ request: LockRequest, at now: Timestamp = .now()) throws(EngineError) -> Snapshot {
        try changeSnapshot(request.snapshot) { (snapshot) throws(EngineError) in
            guard snapshot.state != .error else {
                throw EngineError(
                    .snapshotNotCompleted,
                    "the snapshot '\(snapshot.id)' is in state error; only a pending or completed one can be locked")
            }
            snapshot.lock = try locking(snapshot.id) { () throws(SnapshotLockBreach) in
                try SnapshotLock.locking(
                    snapshot.lock, request.terms, isPending: snapshot.state == .pending, at: now)
            }
        }
    }

    /// Takes the lock of a snapshot away. Returns it as it is then.
    ///
    /// Throws `snapshotNotFound`, `snapshotNotLocked` (also where the lock has expired), and `snapshotLocked` for a
    /// compliance lock that has cooled off.
    package func unlock(_ id: SnapshotID, at now: Timestamp = .now()) throws(EngineError) -> Snapshot {
        try changeSnapshot(id) { (snapshot) throws(EngineError) in
            try locking(snapshot.id) { () throws(SnapshotLockBreach) in
                try SnapshotLock.checkUnlocking(snapshot.lock, at: now)
            }
            snapshot.lock = nil
        }
    }

    /// The snapshots with a lock, also one that has expired: all, or those of `ids` that have one; the last locked first.
    /// Throws `snapshotNotFound`.
    package func lockedSnapshots(_ ids: [SnapshotID] = []) throws(EngineError) -> [Snapshot] {
        try cataloguing { () throws(CatalogueError) in
            guard !ids.isEmpty else { return try catalogue.lockedSnapshots() }
            return try catalogue.snapshots(ids).filter { $0.lock != nil }
        }
    }

    /// Changes the record of one snapshot.
    func changeSnapshot(
        _ id: SnapshotID, in place: SnapshotPlace = .listed, _ body: (inout Snapshot) throws(EngineError) -> Void
    ) throws(EngineError) -> Snapshot {
        let changed = try change(RecordSet(snapshots: [id]), in: place) { (draft) throws(EngineError) in
            try body(&draft.snapshots[0])
        }
        return changed.snapshots[0]
    }
}
