internal import SnapCatalogue
internal import SnapCodec
internal import SnapConsistency
internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import Synchronization

/// Makes the image of an instant from a first copy and the units that were read later: only blocks that have some are put
/// together, hashed and stored; all else stays as it is. The volume is not read any more.
///
/// Memory is two buffers a worker. The first failure stops all.
final class PatchingRun: Sendable {
    private let engine: Engine
    private let early: EarlyImage
    private let overlay: UnitOverlay
    private let known: KnownChunks
    private let writer: StoreWriter
    private let manifest: ManifestStage
    private let progress: TransferProgress
    private let cancellation: CancellationFlag
    private let failure = FirstFailure<EngineError>()
    private let nextLeaf = Atomic(0)
    private let leafCount: Int

    init(
        _ early: EarlyImage, _ overlay: UnitOverlay, engine: Engine, progress: TransferProgress,
        cancellation: CancellationFlag
    ) throws(EngineError) {
        self.engine = engine
        self.early = early
        self.overlay = overlay
        self.progress = progress
        self.cancellation = cancellation
        let claims = ChunkClaims()
        known = KnownChunks(parent: nil, distrusted: [], claims: claims, catalogue: engine.catalogue)
        writer = try StoreWriter(
            store: engine.store, catalogue: engine.catalogue, claims: claims, failure: failure,
            packByteCount: engine.configuration.packByteCount, workerCount: engine.configuration.workerCount)
        manifest = ManifestStage(
            volumeByteCount: early.manifest.root.volumeByteCount, adopted: [], catalogue: engine.catalogue,
            claims: claims, writer: writer, checkpointer: nil)
        leafCount =
            BlockGeometry.blockCount(ofByteCount: early.manifest.root.volumeByteCount)
            / ManifestFormat.fanOut + 1
    }

    /// When it returns, all is durable and committed; when it throws, nothing runs on.
    func run() throws(EngineError) -> ImagingRun.Result {
        let workers = WorkerGroup()
        workers.start("snap-patch", count: engine.configuration.workerCount) { [self] _ in
            do throws(EngineError) { try work() } catch { failure.record(error) }
        }
        workers.wait()
        do throws(EngineError) {
            try failure.rethrow()
            let (root, blockCount) = try manifest.finish()
            try writer.finish()
            return ImagingRun.Result(root: root, blockCount: blockCount)
        } catch {
            failure.record(error)
            writer.cancel()
            throw failure.first ?? error
        }
    }

    private func work() throws(EngineError) {
        let bench = try PatchBench(engine)
        while !failure.hasFailed {
            let number = nextLeaf.add(1, ordering: .relaxed).oldValue
            guard number < leafCount else { break }
            let blocks = ManifestFormat.blocks(ofLeaf: number, blockCount: early.manifest.root.blockCount)
            guard !blocks.isEmpty else { break }
            try patch(blocks, try early.digests(ofLeaf: number), bench)
        }
        bench.segment.handOver(to: writer)
    }

    private func patch(_ blocks: Range<Int>, _ early: [Digest?], _ bench: PatchBench) throws(EngineError) {
        var digests = early
        for block in overlay.blocks(in: blocks) {
            if cancellation.isCancelled { throw EngineError(.cancelled, cancellation.reason) }
            let place = block.rawValue - blocks.lowerBound
            digests[place] = try digest(of: block, upon: early[place], bench)
        }
        guard digests.contains(where: { $0 != nil }) else { return try manifest.accountZeros(blocks) }
        try manifest.account(zip(blocks, digests).map { (index: BlockIndex($0), digest: $1) })
    }

    /// Puts a block together, and stores it where nobody has. nil for zeros.
    private func digest(
        of block: BlockIndex, upon base: Digest?, _ bench: PatchBench
    ) throws(EngineError) -> Digest? {
        let range = 0..<BlockGeometry.byteCount
        if !overlay.covers(block) { try bench.fetcher.fetch(base, into: bench.buffer, range) }
        try securing { () throws(ConsistencyError) in try overlay.lay(block, over: bench.buffer, at: 0) }
        guard !ZeroTest.isZero(bench.buffer, range: range) else { return nil }
        let digest = bench.hasher.digest(of: bench.buffer, range: range)
        guard digest != base else { return digest }
        let unknown = try cataloguing { () throws(CatalogueError) in try known.unknown([(block, digest)]) }
        guard !unknown.isEmpty else { return digest }
        let (byteCount, isTaken) = bench.segment.append(digest, bench.buffer, range: range, to: writer)
        progress.addNew(range.count, stored: byteCount)
        if !isTaken { try failure.rethrow() }
        return digest
    }
}

/// What one worker of a `PatchingRun` has for itself.
private final class PatchBench {
    let fetcher: ChunkFetcher
    let hasher = BlockHasher()
    let segment = OpenSegment()
    let buffer: AlignedBuffer

    init(_ engine: Engine) throws(EngineError) {
        fetcher = try ChunkFetcher(engine)
        buffer = try BufferPool.forEngine(bufferByteCount: BlockGeometry.byteCount, bufferCount: 1).lease()
    }
}
