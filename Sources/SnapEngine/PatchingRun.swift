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
/// Memory is a few buffers a worker, beside the overlay. The first failure stops all.
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
    private let nextPart = Atomic(0)
    private let parts: BlockParts

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
        parts = BlockParts(blockCount: early.manifest.root.blockCount)
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
        let bench = try PatchBench(engine, early)
        while !failure.hasFailed {
            let number = nextPart.add(1, ordering: .relaxed).oldValue
            guard number < parts.count else { break }
            try patch(parts[number], bench)
        }
        bench.segment.handOver(to: writer)
    }

    private func patch(_ blocks: Range<Int>, _ bench: PatchBench) throws(EngineError) {
        if cancellation.isCancelled { throw EngineError(.cancelled, cancellation.reason) }
        var digests = try bench.earlyDigests(of: blocks)
        let changed = overlay.blocks(in: blocks)
        for first in stride(from: 0, to: changed.count, by: PatchBench.blockLimit) {
            let some = Array(changed[first..<min(first + PatchBench.blockLimit, changed.count)])
            let bases = some.map { digests[$0.rawValue - blocks.lowerBound] }
            for (block, digest) in zip(some, try self.digests(of: some, upon: bases, bench)) {
                digests[block.rawValue - blocks.lowerBound] = digest
            }
        }
        guard digests.contains(where: { $0 != nil }) else { return try manifest.accountZeros(blocks) }
        try manifest.account(zip(blocks, digests).map { (index: BlockIndex($0), digest: $1) })
    }

    /// Puts blocks together, and stores those that nobody has. nil for zeros.
    private func digests(
        of blocks: [BlockIndex], upon bases: [Digest?], _ bench: PatchBench
    ) throws(EngineError) -> [Digest?] {
        let ranges = blocks.indices.map { PatchBench.range(ofPlace: $0) }
        // Of one that is overwritten as a whole nothing is needed.
        let needed = blocks.indices.filter { !overlay.covers(blocks[$0]) }
        try bench.fetcher.fetch(needed.map { (digest: bases[$0], range: ranges[$0]) }, into: bench.buffer)
        for (block, range) in zip(blocks, ranges) {
            try securing { () throws(ConsistencyError) in
                try overlay.lay(block, over: bench.buffer, at: range.lowerBound)
            }
        }
        let places = blocks.indices.filter { !ZeroTest.isZero(bench.buffer, range: ranges[$0]) }
        let found = bench.hasher.digests(of: bench.buffer, ranges: places.map { ranges[$0] })
        let changed = zip(places, found).filter { bases[$0] != $1 }
        let unknown = try cataloguing { () throws(CatalogueError) in
            try known.unknown(changed.map { (index: blocks[$0], digest: $1) })
        }
        for (place, digest) in changed where unknown.contains(blocks[place]) {
            let (byteCount, isTaken) = bench.segment.append(
                digest, bench.buffer, range: ranges[place], to: writer)
            progress.addNew(BlockGeometry.byteCount, stored: byteCount)
            if !isTaken { try failure.rethrow() }
        }
        var digests = [Digest?](repeating: nil, count: blocks.count)
        for (place, digest) in zip(places, found) { digests[place] = digest }
        return digests
    }
}

/// The blocks of a volume in parts, each within one leaf of the manifest: so that several workers find something to do where
/// all that changed lies together.
private struct BlockParts {
    private static let blockLimit = 64

    let blockCount: Int
    var count: Int { (blockCount + Self.blockLimit - 1) / Self.blockLimit }

    subscript(number: Int) -> Range<Int> {
        number * Self.blockLimit..<min((number + 1) * Self.blockLimit, blockCount)
    }
}

/// What one worker of a `PatchingRun` has for itself.
private final class PatchBench {
    /// The hasher is faster with two at a time.
    static let blockLimit = 2

    let fetcher: ChunkFetcher
    let hasher = BlockHasher()
    let segment = OpenSegment()
    let buffer: AlignedBuffer
    private let early: EarlyImage
    private var leaf: (number: Int, digests: [Digest?])?

    init(_ engine: Engine, _ early: EarlyImage) throws(EngineError) {
        self.early = early
        fetcher = try ChunkFetcher(engine)
        buffer = try BufferPool.forEngine(
            bufferByteCount: Self.blockLimit * BlockGeometry.byteCount, bufferCount: 1
        ).lease()
    }

    static func range(ofPlace place: Int) -> Range<Int> {
        place * BlockGeometry.byteCount..<(place + 1) * BlockGeometry.byteCount
    }

    /// What the first copy has of blocks of one leaf.
    func earlyDigests(of blocks: Range<Int>) throws(EngineError) -> [Digest?] {
        let (number, place) = blocks.lowerBound.quotientAndRemainder(dividingBy: ManifestFormat.fanOut)
        let digests: [Digest?]
        if let leaf, leaf.number == number {
            digests = leaf.digests
        } else {
            digests = try early.digests(ofLeaf: number)
            leaf = (number, digests)
        }
        return Array(digests[place..<place + blocks.count])
    }
}
