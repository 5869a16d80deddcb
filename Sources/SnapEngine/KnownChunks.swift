internal import SnapCatalogue
internal import SnapModel

/// Answers "is this content stored already?", asking the cheapest first: parent, this run's claims, index (DESIGN §5).
struct KnownChunks: Sendable {
    private let parent: ParentDigests?
    private let distrusted: Set<Digest>
    private let claims: ChunkClaims
    private let catalogue: Catalogue

    /// `distrusted` are the chunks that were not to be relied on when the run began; those that become so later are
    /// found when it completes.
    init(parent: ParentDigests?, distrusted: Set<Digest>, claims: ChunkClaims, catalogue: Catalogue) {
        self.parent = parent
        self.distrusted = distrusted
        self.claims = claims
        self.catalogue = catalogue
    }

    /// Of the blocks of a run, those that the caller must store; it holds their claims then.
    func unknown(_ blocks: [(index: BlockIndex, digest: Digest)]) throws(CatalogueError) -> Set<BlockIndex> {
        var asked: [(index: BlockIndex, digest: Digest)] = []
        for block in blocks where !isParents(block.index, block.digest) && claims.claim(block.digest) {
            asked.append(block)
        }
        guard !asked.isEmpty else { return [] }
        let trusted = try catalogue.trusted(asked.map(\.digest))
        claims.release(trusted)
        return Set(asked.filter { !trusted.contains($0.digest) }.map(\.index))
    }

    private func isParents(_ index: BlockIndex, _ digest: Digest) -> Bool {
        guard let parent, parent.digest(at: index) == digest else { return false }
        return !distrusted.contains(digest)
    }
}
