internal import Dispatch
internal import SnapCatalogue
internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import Synchronization

/// How much is done again after a worker has died, against what it costs to do less.
struct CheckpointPolicy: Sendable {
    /// How often it is looked which leaves have become durable.
    var interval: Duration = .seconds(1)
    /// Packs that are not full are published for the sake of leaves no more often than both of these allow.
    var publicationInterval: Duration = .seconds(30)
    /// Bytes of volume.
    var publicationByteCount = 4 << 30
    /// But when so many leaves wait, which takes 32 KiB of memory each.
    var waitingLimit = 256
}

/// Notes the finished leaves of a run once they are durable, so that a later worker of the snapshot can leave them out.
///
/// A leaf is durable when neither its page nor a chunk that it names is claimed any more: claims are made before a block
/// is accounted for, and given back when what they stand for is committed.
final class Checkpointer: Sendable {
    private let snapshot: SnapshotID
    private let catalogue: Catalogue
    private let claims: ChunkClaims
    private let progress: TransferProgress
    private let policy: CheckpointPolicy
    private let waiting = Mutex<[WaitingLeaf]>([])
    private let end = DispatchSemaphore(value: 0)
    private let group = WorkerGroup()

    private struct WaitingLeaf {
        var checkpoint: LeafCheckpoint
        /// Of its page and all that it names.
        var digests: [Digest]
    }

    init(
        _ snapshot: SnapshotID, catalogue: Catalogue, claims: ChunkClaims, progress: TransferProgress,
        policy: CheckpointPolicy
    ) {
        self.snapshot = snapshot
        self.catalogue = catalogue
        self.claims = claims
        self.progress = progress
        self.policy = policy
    }

    /// Takes a leaf whose page and chunks are claimed or committed. From any thread.
    func add(_ leaf: FinishedLeaf) {
        let digests = (leaf.page.map { [$0.id.digest] } ?? []) + leaf.entries.map(\.digest)
        waiting.withLock { $0.append(WaitingLeaf(checkpoint: leaf.checkpoint, digests: digests)) }
    }

    /// Looks now and then, on a thread of its own, until `stop`. `publish` has what was accounted for made durable soon.
    func start(publish: @escaping @Sendable () -> Void) {
        group.start("snap-checkpoint") { [self] _ in
            var published = (watch: Stopwatch(), byteCount: progress.processedByteCount)
            while end.wait(timeout: .now() + policy.interval / .seconds(1)) == .timedOut {
                note()
                guard isPublicationDue(since: published.watch.elapsed, published.byteCount) else { continue }
                publish()
                published = (Stopwatch(), progress.processedByteCount)
            }
        }
    }

    /// Returns once nothing more is noted.
    func stop() {
        end.signal()
        group.wait()
    }

    /// Notes what is durable. Never from two threads at once.
    func note() {
        let (durable, others) = split(waiting.withLock { $0 })
        guard !durable.isEmpty else { return }
        // What cannot be noted now is, perhaps, the next time. To the snapshot itself it makes no difference.
        guard (try? catalogue.noteCheckpoint(snapshot, leaves: durable.map(\.checkpoint))) != nil else { return }
        let looked = durable.count + others.count
        waiting.withLock { $0.replaceSubrange(..<looked, with: others) }
    }

    private func split(_ leaves: [WaitingLeaf]) -> (durable: [WaitingLeaf], others: [WaitingLeaf]) {
        var (durable, others): ([WaitingLeaf], [WaitingLeaf]) = ([], [])
        for leaf in leaves {
            if claims.areReleased(leaf.digests) { durable.append(leaf) } else { others.append(leaf) }
        }
        return (durable, others)
    }

    private func isPublicationDue(since elapsed: Duration, _ byteCount: Int) -> Bool {
        let count = waiting.withLock { $0.count }
        if count >= policy.waitingLimit { return true }
        return count > 0 && elapsed >= policy.publicationInterval
            && progress.processedByteCount - byteCount >= policy.publicationByteCount
    }
}
