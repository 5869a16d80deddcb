internal import SnapCatalogue
package import SnapModel
internal import SnapStore
internal import SnapSystem

extension Engine {
    /// The snapshots in the recycle bin that can still be taken out: all, or those of `ids`; the last started first.
    /// Throws `snapshotNotFound` for an id that is not there.
    package func binnedSnapshots(
        _ ids: [SnapshotID] = [], at now: Timestamp = .now()
    ) throws(EngineError) -> [Snapshot] {
        let found = try cataloguing { () throws(CatalogueError) in
            try catalogue.snapshots(ids.isEmpty ? nil : ids, in: .recycleBin)
        }
        let there = found.filter { $0.bin?.isOver(at: now) == false }
        if let gone = found.first(where: { !there.contains($0) }), !ids.isEmpty { throw Self.notInBin(gone.id) }
        return there
    }

    /// Takes a snapshot out of the recycle bin, as it was. Throws `snapshotNotFound` for one that is not there, or whose time
    /// there is over.
    package func restoreFromBin(_ id: SnapshotID, at now: Timestamp = .now()) throws(EngineError) -> Snapshot {
        try changeSnapshot(id, in: .recycleBin) { (snapshot) throws(EngineError) in
            guard snapshot.bin?.isOver(at: now) == false else { throw Self.notInBin(id) }
            snapshot.bin = nil
        }
    }

    /// Deletes for good what has been in the recycle bin for as long as it was to be. Returns what that was.
    package func purgeBin(at now: Timestamp = .now()) throws(EngineError) -> [SnapshotID] {
        try withRecordsLocked { () throws(EngineError) in
            let expired = try cataloguing { () throws(CatalogueError) in try catalogue.expiredInBin(at: now) }
            return try purge(expired)
        }
    }

    /// With the records locked, of snapshots in the bin whose time is over. Those whose points in time are still held stay
    /// until these are given back.
    func purge(_ snapshots: [Snapshot]) throws(EngineError) -> [SnapshotID] {
        guard !snapshots.isEmpty else { return [] }
        clearPointsOfEnded()
        try removeRecords(of: snapshots.filter { $0.image != nil }.map(\.id))
        return try cataloguing { () throws(CatalogueError) in try catalogue.forget(snapshots.map(\.id)) }
    }

    private static func notInBin(_ id: SnapshotID) -> EngineError {
        EngineError(.snapshotNotFound, "The snapshot '\(id)' does not exist in the recycle bin.")
    }
}
