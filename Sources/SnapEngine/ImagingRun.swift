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
    private let segments: [OpenSegment]
    private let adopted: [LeafCheckpoint]
    private let checkpointer: Checkpointer
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

    /// `resuming` are the leaves that earlier workers of the snapshot noted: what they cover is not read again, but for
    /// those whose pages are not to be relied on any more.
    init(
        snapshot: SnapshotID, resuming leaves: [LeafCheckpoint], reader: VolumeReader, parent: ParentDigests?,
        distrusted: Set<Digest>, store: Store, catalogue: Catalogue,
        configuration: EngineConfiguration, progress: TransferProgress, cancellation: CancellationFlag,
        checkpointing policy: CheckpointPolicy = CheckpointPolicy()
    ) throws(EngineError) {
        self.reader = reader
        self.progress = progress
        self.cancellation = cancellation
        self.configuration = configuration
        adopted = try catalogue.reliable(leaves, ofByteCount: reader.byteCount)
        cursor = BlockCursor(reader, skipping: Set(adopted.map(\.number)))
        buffers = try .forEngine(bufferByteCount: BlockRun.byteLimit, bufferCount: Self.bufferCount)
        let claims = ChunkClaims()
        known = KnownChunks(parent: parent, distrusted: distrusted, claims: claims, catalogue: catalogue)
        writer = try StoreWriter(
            store: store, catalogue: catalogue, claims: claims, failure: failure,
            packByteCount: configuration.packByteCount, workerCount: configuration.workerCount)
        segments = (0..<configuration.workerCount).map { _ in OpenSegment() }
        checkpointer = Checkpointer(snapshot, catalogue: catalogue, claims: claims, progress: progress, policy: policy)
        manifest = ManifestStage(
            volumeByteCount: reader.byteCount, adopted: adopted, catalogue: catalogue, claims: claims, writer: writer,
            checkpointer: checkpointer)
    }

    /// Reads and stores everything. When it returns, all is durable and committed; when it throws, nothing runs on.
    /// `onReadEnd` is called as soon as the last byte is read, before all is stored; what it throws ends the run.
    func run(onReadEnd: () throws(EngineError) -> Void = {}) throws(EngineError) -> Result {
        for leaf in adopted { progress.addProcessed(byteCount(ofBlocks: blocks(of: leaf))) }
        checkpointer.start { [self] in publishEarly() }
        let (readers, workers) = (WorkerGroup(), WorkerGroup())
        readers.start("snap-read", count: configuration.readerCount) { [self] _ in
            guarding { () throws(EngineError) in try read() }
        }
        workers.start("snap-hash", count: configuration.workerCount) { [self] number in
            guarding { () throws(EngineError) in try work(segments[number]) }
        }
        readers.wait()
        if !failure.hasFailed { guarding(onReadEnd) }
        filled.finish()
        workers.wait()
        checkpointer.stop()
        do throws(EngineError) {
            try failure.rethrow()
            let (root, blockCount) = try manifest.finish()
            try writer.finish()
            // Where others of a set are not so far, this may be long before the end.
            checkpointer.note()
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
            for hole in step.holes {
                try manifest.accountZeros(hole)
                progress.addProcessed(byteCount(ofBlocks: hole))
            }
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

    private func work(_ segment: OpenSegment) throws(EngineError) {
        let hasher = BlockHasher()
        while let item = filled.take() {
            // Thrown, not returned: that empties the queue, whose buffers readers may be waiting for.
            try failure.rethrow()
            try process(item.run, item.buffer, hasher, segment)
        }
        segment.handOver(to: writer)
    }

    /// What is accounted for becomes durable soon, instead of waiting for more.
    private func publishEarly() {
        for segment in segments { segment.handOver(to: writer) }
        manifest.handOver()
        writer.publishEarly()
    }

    private func process(
        _ run: BlockRun, _ buffer: borrowing AlignedBuffer, _ hasher: borrowing BlockHasher,
        _ segment: OpenSegment
    ) throws(EngineError) {
        let places = (0..<run.blockCount).filter { !ZeroTest.isZero(buffer, range: range(ofPlace: $0)) }
        let digests = hasher.digests(of: buffer, ranges: places.map(range(ofPlace:)))
        let blocks = zip(places, digests).map { (index: BlockIndex(run.first.rawValue + $0), digest: $1) }
        let unknown = try cataloguing { () throws(CatalogueError) in try known.unknown(blocks) }
        for (place, block) in zip(places, blocks) where unknown.contains(block.index) {
            try store(block.digest, buffer, range: range(ofPlace: place), segment)
        }
        var accounts = (0..<run.blockCount).map { (index: BlockIndex(run.first.rawValue + $0), digest: Digest?.none) }
        for (place, digest) in zip(places, digests) { accounts[place].digest = digest }
        try manifest.account(accounts)
        let byteCount = byteCount(ofBlocks: run.first.rawValue..<(run.first.rawValue + run.blockCount))
        progress.addRead(byteCount)
        progress.addProcessed(byteCount)
    }

    private func store(
        _ digest: Digest, _ buffer: borrowing AlignedBuffer, range: Range<Int>, _ segment: OpenSegment
    ) throws(EngineError) {
        let (storedByteCount, isTaken) = segment.append(digest, buffer, range: range, to: writer)
        progress.addNew(range.count, stored: storedByteCount)
        if !isTaken { try failure.rethrow() }
    }

    private func blocks(of leaf: LeafCheckpoint) -> Range<Int> {
        ManifestFormat.blocks(
            ofLeaf: leaf.number, blockCount: BlockGeometry.blockCount(ofByteCount: reader.byteCount))
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

extension Catalogue {
    /// Those of `leaves` whose pages are to be relied on. The chunks that they name are looked at when the snapshot
    /// completes, like all others.
    fileprivate func reliable(
        _ leaves: [LeafCheckpoint], ofByteCount byteCount: Int
    ) throws(EngineError) -> [LeafCheckpoint] {
        let blockCount = BlockGeometry.blockCount(ofByteCount: byteCount)
        let leaves = leaves.filter { !ManifestFormat.blocks(ofLeaf: $0.number, blockCount: blockCount).isEmpty }
        let known = try cataloguing { () throws(CatalogueError) in try trusted(leaves.compactMap(\.page?.digest)) }
        return leaves.filter { leaf in leaf.page.map { known.contains($0.digest) } ?? true }
    }
}
