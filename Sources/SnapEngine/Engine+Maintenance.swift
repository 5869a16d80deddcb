internal import SnapCatalogue
package import SnapModel
package import SnapSystem

extension Engine {
    package func metrics() throws(EngineError) -> StoreMetrics {
        let snapshots = try cataloguing { () throws(CatalogueError) in try catalogue.snapshots(order: .newestFirst) }
        var metrics = StoreMetrics(of: snapshots, maintenance: maintenanceRecord)
        let totals = try cataloguing { () throws(CatalogueError) in try catalogue.packTotals() }
        metrics.packCount = totals.packCount
        metrics.packByteCount = totals.packByteCount
        metrics.suspectChunkCount = totals.suspectChunkCount
        metrics.binnedSnapshotCount = try binnedSnapshots().count
        return metrics
    }

    package var maintenanceRecord: MaintenanceRecord { .read(in: configuration.root) }

    package func write(_ record: MaintenanceRecord) throws(EngineError) { try record.write(in: configuration.root) }

    /// Reads completed snapshots whole, to find damage, those first that were not read for longest; none is begun once
    /// `timeLimit` is over. What is read, and what is damaged, goes to `record`, after each. Returns what was read.
    ///
    /// A snapshot that is deleted meanwhile is passed over. One that cannot be read for another reason than damage does not
    /// keep those after it from being read.
    package func scrub(
        within timeLimit: Duration, noting record: inout MaintenanceRecord, progress: TransferProgress,
        cancellation: CancellationFlag, onNext: (SnapshotID) -> Void = { _ in }
    ) throws(EngineError) -> ScrubOutcome {
        let completed = try snapshots([]).filter { $0.state == .completed }
        record.forget(allBut: completed.map(\.id))
        let watch = Stopwatch()
        var scrub = ScrubOutcome()
        for snapshot in record.scrubOrder(of: completed) where watch.elapsed < timeLimit {
            onNext(snapshot.id)
            do throws(EngineError) {
                let outcome = try verify(
                    snapshot.id, against: nil, consistency: .none, progress: progress, cancellation: cancellation)
                record.note(snapshot.id, isDamaged: !outcome.damaged.isEmpty, at: .now())
                try write(record)
                scrub.read.append(outcome)
            } catch {
                switch error.code {
                case .snapshotNotFound: continue
                case .cancelled: throw error
                default: scrub.failure = scrub.failure ?? error
                }
            }
        }
        return scrub
    }
}

/// What came of reading snapshots to find damage.
package struct ScrubOutcome: Sendable {
    package var read: [ImageOutcome] = []
    /// Why the first of those that could not be read could not; damage is no such reason.
    package var failure: EngineError?
}

extension MaintenanceRecord {
    /// What a run of maintenance ended with; nil: all went well.
    package mutating func note(_ error: EngineError?, at time: Timestamp) {
        lastEndTime = time
        failure = error?.explanation
        if error == nil { lastSuccessTime = time }
    }

    /// Never read ones first, of these the newest, since what others share is then read with what is theirs alone.
    func scrubOrder(of snapshots: [Snapshot]) -> [Snapshot] {
        let epoch = Timestamp(millisecondsSinceEpoch: 0)
        return snapshots.sorted { left, right in
            let (one, other) = (readTimes[left.id.rawValue] ?? epoch, readTimes[right.id.rawValue] ?? epoch)
            return one == other ? left.startTime > right.startTime : one < other
        }
    }

    mutating func note(_ id: SnapshotID, isDamaged: Bool, at time: Timestamp) {
        readTimes[id.rawValue] = time
        if isDamaged { damaged.insert(id) } else { damaged.remove(id) }
    }

    mutating func forget(allBut ids: [SnapshotID]) {
        let known = Set(ids)
        damaged.formIntersection(known)
        readTimes = readTimes.filter { SnapshotID($0.key).map(known.contains) ?? false }
    }
}
