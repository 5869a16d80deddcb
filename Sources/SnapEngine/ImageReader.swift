internal import SnapCatalogue
internal import SnapCodec
internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import Synchronization

/// Reads an image from the store, checking every byte, and hands its blocks to a consumer.
///
/// One thread walks the manifest and plans reads; workers read, check, decompress and consume. What is damaged is
/// marked suspect, so that the next snapshot that meets the content heals it.
final class ImageReader: Sendable {
    /// Blocks that are planned together: within them, reads follow the packs and not the volume.
    private static let windowBlockCount = 128
    private static let jobLimit = 16
    /// Explanations that are kept, of all that is damaged.
    private static let explanationLimit = 20
    /// The longest run of zeros, or of what is not known, that one job covers: also those take time to write.
    private static let runByteLimit = 64 << 20

    private enum Job: Sendable {
        case read(PackRead)
        case zeros(ByteExtent)
        case missing([BlockIndex], Digest)
        /// Blocks whose page cannot be read.
        case unknown(ByteExtent)
    }

    private struct Damage: Sendable {
        var extents: [ByteExtent] = []
        var explanations: [String] = []
    }

    private let manifest: ManifestReader
    private let catalogue: Catalogue
    private let store: Store
    private let packs: PackReader
    private let consumer: any ImageConsumer
    private let keepGoing: Bool
    private let progress: TransferProgress
    private let cancellation: CancellationFlag
    private let failure = FirstFailure<EngineError>()
    private let jobs = BoundedQueue<Job>(capacity: jobLimit)
    private let damage = Mutex(Damage())
    private let checkedByteCount = Atomic(0)

    init(
        _ manifest: ManifestReader, engine: Engine, consumer: any ImageConsumer, keepGoing: Bool,
        progress: TransferProgress, cancellation: CancellationFlag
    ) {
        self.manifest = manifest
        catalogue = engine.catalogue
        store = engine.store
        packs = engine.packs
        self.consumer = consumer
        self.keepGoing = keepGoing
        self.progress = progress
        self.cancellation = cancellation
    }

    /// Reads everything. Without `keepGoing`, throws at the first damage. The outcome is that of an image of `snapshot`.
    func run(_ snapshot: Snapshot, workerCount: Int) throws(EngineError) -> ImageOutcome {
        progress.begin(totalByteCount: manifest.root.volumeByteCount)
        let (planner, workers) = (WorkerGroup(), WorkerGroup())
        planner.start("snap-plan") { [self] _ in guarding { () throws(EngineError) in try plan() } }
        workers.start("snap-restore", count: workerCount) { [self] _ in
            guarding { () throws(EngineError) in try work() }
        }
        planner.wait()
        jobs.finish()
        workers.wait()
        try failure.rethrow()
        let damage = damage.withLock { $0 }
        return ImageOutcome(
            snapshot: snapshot, checkedByteCount: checkedByteCount.load(ordering: .relaxed),
            damaged: Self.joined(damage.extents), explanations: damage.explanations)
    }

    private func guarding(_ body: () throws(EngineError) -> Void) {
        do throws(EngineError) {
            try body()
        } catch {
            failure.record(error)
            jobs.cancel()
        }
    }

    // MARK: - Planning

    private func plan() throws(EngineError) {
        var window: [(index: BlockIndex, digest: Digest)] = []
        var position = 0
        try manifest.forEachBlock(
            onUnreadable: { (error, blocks) throws(EngineError) in
                let extent = extent(of: blocks)
                try planZeros(from: position, to: extent.offset)
                position = extent.end
                try planUnknown(extent, error)
            },
            { (index, digest) throws(EngineError) in
                try planZeros(from: position, to: index.byteOffset)
                position = extent(of: index).end
                window.append((index, digest))
                if window.count == Self.windowBlockCount {
                    try plan(window)
                    window = []
                }
            })
        try plan(window)
        try planZeros(from: position, to: manifest.root.volumeByteCount)
    }

    private func planZeros(from start: Int, to end: Int) throws(EngineError) {
        try forEachRun(from: start, to: end) { (run) throws(EngineError) in try put(.zeros(run)) }
    }

    /// What a page that cannot be read says of `extent` is not known: all of it counts as damaged.
    private func planUnknown(_ extent: ByteExtent, _ error: StoreError) throws(EngineError) {
        guard error.isDamage else { throw EngineError(error) }
        guard keepGoing else { throw EngineError(.dataDamaged, error.description) }
        note([extent], error.description)
        try forEachRun(from: extent.offset, to: extent.end) { (run) throws(EngineError) in try put(.unknown(run)) }
    }

    private func forEachRun(
        from start: Int, to end: Int, _ body: (ByteExtent) throws(EngineError) -> Void
    ) throws(EngineError) {
        var position = start
        while position < end {
            let byteCount = min(end - position, Self.runByteLimit)
            try body(ByteExtent(offset: position, byteCount: byteCount))
            position += byteCount
        }
    }

    private func plan(_ window: [(index: BlockIndex, digest: Digest)]) throws(EngineError) {
        guard !window.isEmpty else { return }
        let places = Dictionary(grouping: window, by: \.digest).mapValues { $0.map(\.index) }
        let locations = try cataloguing { () throws(CatalogueError) in try catalogue.locations(of: Array(places.keys)) }
        var bodies: [PackRead.Body] = []
        for (digest, blocks) in places {
            if let location = locations[digest] {
                bodies.append(PackRead.Body(location: location, blocks: blocks))
            } else {
                try put(.missing(blocks, digest))
            }
        }
        for read in PackRead.plan(bodies) { try put(.read(read)) }
    }

    private func put(_ job: Job) throws(EngineError) {
        if cancellation.isCancelled { throw EngineError(.cancelled, cancellation.reason) }
        if !jobs.put(job) { try failure.rethrow() }
    }

    // MARK: - Working

    private func work() throws(EngineError) {
        let stored = try BufferPool.forEngine(bufferByteCount: PackRead.bufferByteCount, bufferCount: 1).lease()
        let plain = try BufferPool.forEngine(bufferByteCount: 2 * BlockGeometry.byteCount, bufferCount: 1).lease()
        let hasher = BlockHasher()
        while let job = jobs.take() {
            guard !failure.hasFailed else { return }
            switch job {
            case .zeros(let extent):
                try consumer.consumeZeros(extent)
                progress.addProcessed(extent.byteCount)
            case .missing(let blocks, let digest):
                let explanation = "chunk \(digest) is missing from the store"
                try? catalogue.markMissing([digest], reason: explanation)
                try report(blocks, explanation)
            case .unknown(let extent):
                try consumer.consumeDamage(extent)
                progress.addProcessed(extent.byteCount)
            case .read(let read):
                try perform(read, stored, plain, hasher)
            }
        }
    }

    private func perform(
        _ read: PackRead, _ stored: borrowing AlignedBuffer, _ plain: borrowing AlignedBuffer,
        _ hasher: borrowing BlockHasher
    ) throws(EngineError) {
        let byteCount: Int
        do throws(StoreError) {
            byteCount = try store.objects.read(
                StoreLayout.key(of: read.pack), into: stored, range: 0..<read.byteCount, at: read.start)
        } catch {
            if error.code == .missing, let moved = try whereMoved(read) {
                for read in moved { try perform(read, stored, plain, hasher) }
                return
            }
            return try performSingly(read, error, stored, plain, hasher)
        }
        progress.addRead(byteCount)
        // Two at a time: the hasher is faster so.
        for first in stride(from: 0, to: read.bodies.count, by: 2) {
            let pair = read.bodies[first..<min(first + 2, read.bodies.count)]
            try check(Array(pair), of: read, byteCount, stored, plain, hasher)
        }
    }

    /// A collection of garbage may have copied bodies to another pack since the read was planned, and removed this one.
    /// nil when none has moved. Each is newer than the last, so that this ends.
    private func whereMoved(_ read: PackRead) throws(EngineError) -> [PackRead]? {
        let digests = read.bodies.map(\.location.entry.digest)
        let locations = try cataloguing { () throws(CatalogueError) in try catalogue.locations(of: digests) }
        let bodies = read.bodies.map { body in
            PackRead.Body(location: locations[body.location.entry.digest] ?? body.location, blocks: body.blocks)
        }
        return bodies.allSatisfy { $0.location.pack == read.pack } ? nil : PackRead.plan(bodies)
    }

    /// A read that failed as a whole is tried body by body, so that the damage is no larger than it is.
    private func performSingly(
        _ read: PackRead, _ error: StoreError, _ stored: borrowing AlignedBuffer, _ plain: borrowing AlignedBuffer,
        _ hasher: borrowing BlockHasher
    ) throws(EngineError) {
        guard error.isDamage, read.bodies.count > 1 else { return try lose(read.bodies[0], error) }
        for body in read.bodies {
            try perform(PackRead(pack: read.pack, bodies: [body]), stored, plain, hasher)
        }
    }

    private func check(
        _ bodies: [PackRead.Body], of read: PackRead, _ byteCount: Int, _ stored: borrowing AlignedBuffer,
        _ plain: borrowing AlignedBuffer, _ hasher: borrowing BlockHasher
    ) throws(EngineError) {
        var whole: [(body: PackRead.Body, range: Range<Int>)] = []
        for body in bodies {
            let target = whole.count * BlockGeometry.byteCount..<(whole.count + 1) * BlockGeometry.byteCount
            do throws(StoreError) {
                try unpack(body, of: read, byteCount, stored, plain, target)
                whole.append((body, target))
            } catch {
                try lose(body, error)
            }
        }
        let digests = hasher.digests(of: plain, ranges: whole.map(\.range))
        for ((body, range), digest) in zip(whole, digests) {
            if digest == body.location.entry.digest {
                try hand(body, plain, range)
            } else {
                try lose(body, packs.damage(body.location, "its SHA-256 is another"))
            }
        }
    }

    private func unpack(
        _ body: PackRead.Body, of read: PackRead, _ byteCount: Int, _ stored: borrowing AlignedBuffer,
        _ plain: borrowing AlignedBuffer, _ target: Range<Int>
    ) throws(StoreError) {
        let start = body.location.entry.offset - read.start
        let range = start..<(start + body.location.entry.storedByteCount)
        guard range.upperBound <= byteCount else {
            throw packs.damage(body.location, "the pack ends after \(read.start + byteCount) bytes")
        }
        try packs.unpack(body.location, stored, range: range, into: plain, targetRange: target)
    }

    private func hand(
        _ body: PackRead.Body, _ plain: borrowing AlignedBuffer, _ range: Range<Int>
    ) throws(EngineError) {
        for block in body.blocks {
            let extent = extent(of: block)
            try consumer.consume(block, plain, range.lowerBound..<(range.lowerBound + extent.byteCount))
            progress.addProcessed(extent.byteCount)
        }
        checkedByteCount.add(body.blocks.count * BlockGeometry.byteCount, ordering: .relaxed)
    }

    /// Marks a chunk that is damaged. Failing to is no reason to fail: the damage is told anyway. What only could not be
    /// reached is thrown.
    private func lose(_ body: PackRead.Body, _ error: StoreError) throws(EngineError) {
        guard error.isDamage else { throw EngineError(error) }
        catalogue.suspect(body.location, error)
        try report(body.blocks, error.description)
    }

    private func report(_ blocks: [BlockIndex], _ explanation: String) throws(EngineError) {
        guard keepGoing else { throw EngineError(.dataDamaged, explanation) }
        let extents = blocks.map { extent(of: $0) }
        for extent in extents {
            try consumer.consumeDamage(extent)
            progress.addProcessed(extent.byteCount)
        }
        note(extents, explanation)
    }

    private func note(_ extents: [ByteExtent], _ explanation: String) {
        damage.withLock { damage in
            damage.extents += extents
            if damage.explanations.count < Self.explanationLimit { damage.explanations.append(explanation) }
        }
    }

    /// The bytes of volume in a block: the last may be short.
    private func extent(of block: BlockIndex) -> ByteExtent { extent(of: block.rawValue..<block.rawValue + 1) }

    private func extent(of blocks: Range<Int>) -> ByteExtent {
        let offset = BlockIndex(blocks.lowerBound).byteOffset
        let end = min(BlockIndex(blocks.upperBound).byteOffset, manifest.root.volumeByteCount)
        return ByteExtent(offset: offset, byteCount: end - offset)
    }

    static func joined(_ extents: [ByteExtent]) -> [ByteExtent] {
        var joined: [ByteExtent] = []
        for extent in extents.sorted(by: { $0.offset < $1.offset }) { ByteExtent.append(extent, to: &joined) }
        return joined
    }
}
