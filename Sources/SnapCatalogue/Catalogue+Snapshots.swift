internal import GRDB
package import SnapModel
package import SnapSystem

/// What became of an attempt to complete snapshots.
package enum CompletionOutcome: Hashable, Sendable {
    case completed
    /// Nothing was changed: these lost their trust since the given generation and have not regained it. Those of them
    /// that the manifests name must be stored again; then try again with `now`.
    case distrusted(Set<Digest>, now: TrustGeneration)
    /// Nothing was changed: somebody changed tags, locks or permissions since their records were made.
    case revised
}

/// What a pending snapshot is completed with.
package struct SnapshotCompletion: Hashable, Sendable {
    package var id: SnapshotID
    package var image: SnapshotImage
    package var time: Timestamp
    /// Where one is nil, what was noted before stays.
    package var durations: SnapshotDurations
    /// From now on its duration counts.
    package var lock: SnapshotLock?
    /// That of the record that was written.
    package var revision: Int

    package init(
        id: SnapshotID, image: SnapshotImage, time: Timestamp, durations: SnapshotDurations = SnapshotDurations(),
        lock: SnapshotLock? = nil, revision: Int = 1
    ) {
        self.id = id
        self.image = image
        self.time = time
        self.durations = durations
        self.lock = lock
        self.revision = revision
    }
}

extension Catalogue {
    /// Records snapshots as pending, carried on by `worker`: all or none. Their volumes must be registered. `request` is
    /// what a later worker needs to know of what was asked for; it is given back as it is.
    /// Throws `unknownVolume`, and `failed` when an id is taken.
    package func insert(
        _ snapshots: [Snapshot], worker: ProcessIdentity, request: String
    ) throws(CatalogueError) {
        try write { database in
            for snapshot in snapshots {
                precondition(snapshot.state == .pending, "\(snapshot.id) is recorded as \(snapshot.state)")
                var snapshot = snapshot
                snapshot.worker = SnapshotWorker(processNumber: worker.number, logPath: snapshot.worker?.logPath)
                let volumeKey = try database.key(of: snapshot.volume.id)
                try database.insert(snapshot, volumeKey: volumeKey, worker: worker, request: request)
            }
        }
    }

    /// Ends those of `ids` that are pending as `error`, in one transaction, and forgets their checkpoints; what holds
    /// their points in time is still to be given back. Returns which they were.
    package func fail(_ ids: [SnapshotID], message: String) throws(CatalogueError) -> [SnapshotID] {
        try write { database in
            try ids.filter { id in
                try database.forgetCheckpoints(of: id)
                let statement = try database.cachedStatement(
                    sql: """
                        UPDATE snapshot SET state = 'error', stateMessage = ?, worker = NULL, request = NULL
                        WHERE snapshotId = ? AND state = 'pending'
                        """
                )
                try statement.execute(arguments: [message, id.rawValue])
                return database.changesCount == 1
            }
        }
    }

    /// Ends pending snapshots as `completed`, all or none, if every chunk that was trusted at generation `trustedSince`
    /// still is: all their packs must be committed, and their records must be durable in the store. Looking and
    /// completing are one transaction, so that nothing loses its trust in between.
    /// Throws `unknownSnapshot`, `notPending` for the first that cannot be completed.
    package func complete(
        _ completions: [SnapshotCompletion], trustedSince generation: TrustGeneration
    ) throws(CatalogueError) -> CompletionOutcome {
        try write { database in
            let lost = try database.distrusted(since: generation)
            guard lost.isEmpty else { return .distrusted(lost, now: try database.trustGeneration()) }
            for completion in completions where try database.isRevised(completion) { return .revised }
            for completion in completions { try database.complete(completion) }
            return .completed
        }
    }

    /// Takes over a snapshot from its record in the store, with its volume and tags, in place of what is known of it.
    package func importSnapshot(_ snapshot: Snapshot) throws(CatalogueError) {
        try write { try $0.importSnapshot(snapshot) }
    }
}

extension CatalogueError {
    static func unknown(_ id: SnapshotID) -> CatalogueError {
        CatalogueError(.unknownSnapshot, id.rawValue, "is no known snapshot")
    }
}
