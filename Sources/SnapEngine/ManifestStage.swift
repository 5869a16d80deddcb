internal import SnapCatalogue
internal import SnapModel
internal import SnapStore
internal import Synchronization

/// Gathers the digests of an image into its manifest, and stores the pages that nobody has stored before.
final class ManifestStage: Sendable {
    private let catalogue: Catalogue
    private let claims: ChunkClaims
    private let writer: StoreWriter
    /// nil where nobody goes on with what is done so far.
    private let checkpointer: Checkpointer?
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var builder: ManifestBuilder
        var segment: PackSegment?
        var blockCount: Int
    }

    /// `adopted` are leaves that were finished by an earlier worker: their blocks are not accounted for again.
    init(
        volumeByteCount: Int, adopted: [LeafCheckpoint], catalogue: Catalogue, claims: ChunkClaims,
        writer: StoreWriter, checkpointer: Checkpointer?
    ) {
        self.catalogue = catalogue
        self.claims = claims
        self.writer = writer
        self.checkpointer = checkpointer
        var builder = ManifestBuilder(volumeByteCount: volumeByteCount)
        for leaf in adopted { builder.adopt(leaf) }
        let blockCount = adopted.reduce(0) { $0 + $1.blockCount }
        state = Mutex(State(builder: builder, blockCount: blockCount))
    }

    /// Accounts for blocks: the digest of each, nil for zeros. From any thread.
    func account(_ blocks: [(index: BlockIndex, digest: Digest?)]) throws(EngineError) {
        try state.withLock { (state) throws(EngineError) in
            for block in blocks {
                if block.digest != nil { state.blockCount += 1 }
                if let leaf = state.builder.account(block.index, block.digest) { try store(leaf, &state) }
            }
        }
    }

    /// Accounts for blocks that lie in a hole. From any thread.
    func accountZeros(_ range: Range<Int>) throws(EngineError) {
        guard !range.isEmpty else { return }
        try state.withLock { (state) throws(EngineError) in
            for leaf in state.builder.accountZeros(range) { try store(leaf, &state) }
        }
    }

    /// Once all blocks are accounted for: hands on the last pages. Returns the root, and how many blocks are not zero.
    func finish() throws(EngineError) -> (root: PageID, blockCount: Int) {
        try state.withLock { (state) throws(EngineError) in
            var pages: [ManifestBuilder.Page] = []
            let root = state.builder.finish { pages.append($0) }
            for page in pages { try store(page, &state) }
            handOver(&state)
            return (root, state.blockCount)
        }
    }

    /// Hands on the pages that wait for more, to have them written early.
    func handOver() {
        state.withLock { handOver(&$0) }
    }

    /// Its page is claimed before the leaf is told of, so that it is not taken for durable too soon.
    private func store(_ leaf: FinishedLeaf, _ state: inout State) throws(EngineError) {
        if let page = leaf.page { try store(page, &state) }
        checkpointer?.add(leaf)
    }

    private func store(_ page: ManifestBuilder.Page, _ state: inout State) throws(EngineError) {
        let digest = page.id.digest
        guard claims.claim(digest) else { return }
        let isKnown = try cataloguing { () throws(CatalogueError) in try catalogue.trusted([digest]).contains(digest) }
        guard !isKnown else { return claims.release([digest]) }
        var segment = state.segment.take() ?? writer.newSegment()
        segment.append(digest, page: page.bytes)
        let isFull = segment.isFull
        state.segment = consume segment
        if isFull { handOver(&state) }
    }

    private func handOver(_ state: inout State) {
        guard let segment = state.segment.take() else { return }
        // A refusal means that the run has failed already, and its failure is told when it ends.
        _ = writer.put(segment, kind: .pages)
    }
}
