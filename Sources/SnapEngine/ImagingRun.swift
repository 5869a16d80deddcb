internal import SnapCatalogue
internal import SnapCodec
internal import SnapDevice
internal import SnapModel
internal import SnapStore
internal import SnapSystem

/// Carries the contents of a volume into the store (DESIGN §5): readers fill buffers from one pool, workers hash them,
/// ask whether the content is known and compress what is new, one thread writes and one commits.
///
/// Memory is the two pools, whatever the volume's size. The first failure stops all.
final class ImagingRun: Sendable {
    /// Runs that are being read, wait for a worker, or are worked on.
    private static let bufferCount = 16

    private let reader: VolumeReader
    private let cursor: BlockCursor
    private let known: KnownChunks
    private let writer: StoreWriter
    private let manifest: ManifestStage
    private let progress: TransferProgress
    private let cancellation: CancellationFlag
    private let configuration: EngineConfiguration
    private let failure = FirstFailure<EngineError>()
    private let buffers: BufferPool
    private let filled = BoundedQueue<FilledRun>(capacity: bufferCount)

    private struct FilledRun: ~Copyable, Sendable {
        var run: BlockRun
        var buffer: AlignedBuffer
    }

    struct Result: Sendable {
        var root: PageID
        var blockCount: Int
    }

    init(
        reader: VolumeReader, parent: ParentDigests?, distrusted: Set<Digest>, store: Store, catalogue: Catalogue,
        configuration: EngineConfiguration, progress: TransferProgress, cancellation: CancellationFlag
    ) throws(EngineError) {
        self.reader = reader
        self.progress = progress
        self.cancellation = cancellation
        self.configuration = configuration
        cursor = BlockCursor(reader)
        buffers = try .forEngine(bufferByteCount: BlockRun.byteLimit, bufferCount: Self.bufferCount)
        let claims = ChunkClaims()
        known = KnownChunks(parent: parent, distrusted: distrusted, claims: claims, catalogue: catalogue)
        writer = try StoreWriter(
            store: store, catalogue: catalogue, claims: claims, failure: failure,
            packByteCount: configuration.packByteCount, workerCount: configuration.workerCount)
        manifest = ManifestStage(
            volumeByteCount: reader.byteCount, catalogue: catalogue, claims: claims, writer: writer)
    }

    /// Reads and stores everything. When it returns, all is durable and committed; when it throws, nothing runs on.
    /// `onReadEnd` is called as soon as the last byte is read, before all is stored; what it throws ends the run.
    func run(onReadEnd: () throws(EngineError) -> Void) throws(EngineError) -> Result {
        let (readers, workers) = (WorkerGroup(), WorkerGroup())
        readers.start("snap-read", count: configuration.readerCount) { [self] _ in
            guarding { () throws(EngineError) in try read() }
        }
        workers.start("snap-hash", count: configuration.workerCount) { [self] _ in
            guarding { () throws(EngineError) in try work() }
        }
        readers.wait()
        if !failure.hasFailed { guarding(onReadEnd) }
        filled.finish()
        workers.wait()
        do throws(EngineError) {
            try failure.rethrow()
            let (root, blockCount) = try manifest.finish()
            try writer.finish()
            return Result(root: root, blockCount: blockCount)
        } catch {
            failure.record(error)
            writer.cancel()
            throw failure.first ?? error
        }
    }

    private func guarding(_ body: () throws(EngineError) -> Void) {
        do throws(EngineError) {
            try body()
        } catch {
            failure.record(error)
            filled.cancel()
        }
    }

    private func read() throws(EngineError) {
        while !failure.hasFailed {
            if cancellation.isCancelled { throw EngineError(.cancelled, cancellation.reason) }
            let step = try reading { () throws(DeviceError) in try cursor.next() }
            try manifest.accountZeros(step.holes)
            progress.addProcessed(byteCount(ofBlocks: step.holes))
            guard let run = step.run else { return }
            let buffer = buffers.lease()
            do throws(DeviceError) {
                try reader.read(into: buffer, range: 0..<run.extent.byteCount, at: run.extent.offset)
            } catch {
                throw EngineError(error)
            }
            if !filled.put(FilledRun(run: run, buffer: buffer)) { return }
        }
    }

    private func work() throws(EngineError) {
        let hasher = BlockHasher()
        var segment: PackSegment?
        while let item = filled.take() {
            // Thrown, not returned: that empties the queue, whose buffers readers may be waiting for.
            try failure.rethrow()
            try process(item.run, item.buffer, hasher, &segment)
        }
        if let rest = segment.take() { _ = writer.put(rest, kind: .blocks) }
    }

    private func process(
        _ run: BlockRun, _ buffer: borrowing AlignedBuffer, _ hasher: borrowing BlockHasher,
        _ segment: inout PackSegment?
    ) throws(EngineError) {
        let places = (0..<run.blockCount).filter { !ZeroTest.isZero(buffer, range: range(ofPlace: $0)) }
        let digests = hasher.digests(of: buffer, ranges: places.map(range(ofPlace:)))
        let blocks = zip(places, digests).map { (index: BlockIndex(run.first.rawValue + $0), digest: $1) }
        let unknown = try cataloguing { () throws(CatalogueError) in try known.unknown(blocks) }
        for (place, block) in zip(places, blocks) where unknown.contains(block.index) {
            try store(block.digest, buffer, range: range(ofPlace: place), &segment)
        }
        var accounts = (0..<run.blockCount).map { (index: BlockIndex(run.first.rawValue + $0), digest: Digest?.none) }
        for (place, digest) in zip(places, digests) { accounts[place].digest = digest }
        try manifest.account(accounts)
        let byteCount = byteCount(ofBlocks: run.first.rawValue..<(run.first.rawValue + run.blockCount))
        progress.addRead(byteCount)
        progress.addProcessed(byteCount)
    }

    private func store(
        _ digest: Digest, _ buffer: borrowing AlignedBuffer, range: Range<Int>, _ segment: inout PackSegment?
    ) throws(EngineError) {
        var open = segment.take() ?? writer.newSegment()
        let storedByteCount = open.append(digest, buffer, range: range)
        progress.addNew(range.count, stored: storedByteCount)
        if open.isFull {
            if !writer.put(open, kind: .blocks) { try failure.rethrow() }
        } else {
            segment = consume open
        }
    }

    private func range(ofPlace place: Int) -> Range<Int> {
        place * BlockGeometry.byteCount..<(place + 1) * BlockGeometry.byteCount
    }

    /// Bytes of volume in a run of blocks: the last block may be short.
    private func byteCount(ofBlocks range: Range<Int>) -> Int {
        min(range.upperBound * BlockGeometry.byteCount, reader.byteCount)
            - min(range.lowerBound * BlockGeometry.byteCount, reader.byteCount)
    }
}
