internal import SnapModel
internal import Synchronization

/// The chunks that this run is storing and has not yet committed: each is stored once, whichever worker met it first.
final class ChunkClaims: Sendable {
    private let digests = Mutex<Set<Digest>>([])

    /// Claims `digest` for the caller. False when it is claimed already.
    func claim(_ digest: Digest) -> Bool { digests.withLock { $0.insert(digest).inserted } }

    /// Whether none of `digests` is claimed: what this run has accounted for by then, and is not claimed, is committed.
    func areReleased(_ digests: [Digest]) -> Bool {
        self.digests.withLock { claimed in !digests.contains { claimed.contains($0) } }
    }

    /// Gives claims back: the chunks are in the index now, or were there all along.
    func release(_ released: some Sequence<Digest>) {
        digests.withLock { digests in
            for digest in released { digests.remove(digest) }
        }
    }
}
