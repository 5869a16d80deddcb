internal import SnapCatalogue
internal import SnapModel
internal import SnapStore
internal import Synchronization

/// Gathers the digests of an image into its manifest, and stores the pages that nobody has stored before.
final class ManifestStage: Sendable {
    private let catalogue: Catalogue
    private let claims: ChunkClaims
    private let writer: StoreWriter
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var builder: ManifestBuilder
        var segment: PackSegment?
        var blockCount = 0
    }

    init(volumeByteCount: Int, catalogue: Catalogue, claims: ChunkClaims, writer: StoreWriter) {
        self.catalogue = catalogue
        self.claims = claims
        self.writer = writer
        state = Mutex(State(builder: ManifestBuilder(volumeByteCount: volumeByteCount)))
    }

    /// Accounts for blocks: the digest of each, nil for zeros. From any thread.
    func account(_ blocks: [(index: BlockIndex, digest: Digest?)]) throws(EngineError) {
        try state.withLock { (state) throws(EngineError) in
            for block in blocks {
                if block.digest != nil { state.blockCount += 1 }
                if let page = state.builder.account(block.index, block.digest) { try store(page, &state) }
            }
        }
    }

    /// Accounts for blocks that lie in a hole. From any thread.
    func accountZeros(_ range: Range<Int>) throws(EngineError) {
        guard !range.isEmpty else { return }
        try state.withLock { (state) throws(EngineError) in
            for page in state.builder.accountZeros(range) { try store(page, &state) }
        }
    }

    /// Once all blocks are accounted for: hands on the last pages. Returns the root, and how many blocks are not zero.
    func finish() throws(EngineError) -> (root: PageID, blockCount: Int) {
        try state.withLock { (state) throws(EngineError) in
            var pages: [ManifestBuilder.Page] = []
            let root = state.builder.finish { pages.append($0) }
            for page in pages { try store(page, &state) }
            try handOver(&state)
            return (root, state.blockCount)
        }
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
        if isFull { try handOver(&state) }
    }

    private func handOver(_ state: inout State) throws(EngineError) {
        guard let segment = state.segment.take() else { return }
        // A refusal means that the run has failed already, and its failure is told when it ends.
        _ = writer.put(segment, kind: .pages)
    }
}
