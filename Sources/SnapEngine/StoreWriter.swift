internal import SnapCatalogue
internal import SnapCodec
internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import Synchronization

/// Takes full segments from the workers and makes them usable: one thread appends them to packs, another carries full
/// packs over the commit ladder (DESIGN §3), so that no worker waits for the medium.
final class StoreWriter: Sendable {
    struct Segment: ~Copyable, Sendable {
        var kind: PackKind
        var segment: PackSegment
    }

    enum Item: ~Copyable, Sendable {
        case segment(Segment)
        /// What came before is to be published, however little it is.
        case publication
    }

    /// Segments that wait for the writing thread.
    private static let segmentQueueLimit = 2
    /// Packs that wait for the committing thread.
    private static let packQueueLimit = 8

    private let store: Store
    private let catalogue: Catalogue
    private let claims: ChunkClaims
    private let failure: FirstFailure<EngineError>
    private let packByteCount: Int
    private let segments = BoundedQueue<Item>(capacity: segmentQueueLimit)
    private let packs = BoundedQueue<UnpublishedPack>(capacity: packQueueLimit)
    private let buffers: BufferPool
    private let group = WorkerGroup()

    init(
        store: Store, catalogue: Catalogue, claims: ChunkClaims, failure: FirstFailure<EngineError>,
        packByteCount: Int, workerCount: Int
    ) throws(EngineError) {
        self.store = store
        self.catalogue = catalogue
        self.claims = claims
        self.failure = failure
        self.packByteCount = packByteCount
        // One for each worker, one for the manifest's pages, those that wait, and the one being written.
        buffers = try .forEngine(
            bufferByteCount: PackSegment.bufferByteCount, bufferCount: workerCount + Self.segmentQueueLimit + 2)
        group.start("snap-write") { [self] _ in write() }
        group.start("snap-commit") { [self] _ in commit() }
    }

    /// An empty segment, waiting for one that was written.
    func newSegment() -> PackSegment { PackSegment(buffer: buffers.lease()) }

    /// Hands a segment over. False once the run has failed.
    func put(_ segment: consuming PackSegment, kind: PackKind) -> Bool {
        segments.put(.segment(Segment(kind: kind, segment: segment)))
    }

    /// Has what was put until now made durable and committed soon, though its packs are not full.
    func publishEarly() { segments.put(.publication) }

    /// Waits until all that was put is durable and committed. Throws the run's first failure.
    func finish() throws(EngineError) {
        segments.finish()
        group.wait()
        try failure.rethrow()
    }

    /// Stops after a failure, which must be recorded by then: what was not committed is removed. Returns when both
    /// threads are gone.
    func cancel() {
        precondition(failure.hasFailed, "cancelled without a failure")
        segments.cancel()
        // Packs that wait are not dropped: the committing thread removes their files.
        group.wait()
    }

    private func write() {
        defer { packs.finish() }
        var open = OpenPacks(store: store, packByteCount: packByteCount)
        do throws(EngineError) {
            while let item = segments.take() {
                switch consume item {
                case .segment(let segment): if let full = try open.append(segment) { enqueue(full) }
                case .publication: for pack in try open.finish() { enqueue(pack) }
                }
            }
            if failure.hasFailed { return open.abandon() }
            for pack in try open.finish() { enqueue(pack) }
        } catch {
            fail(error)
            open.abandon()
        }
    }

    private func enqueue(_ pack: UnpublishedPack) {
        if !packs.put(pack) { pack.abandon() }
    }

    private func commit() {
        while let first = packs.take() {
            // What became ready meanwhile shares one barrier and one transaction.
            var batch = [first]
            while batch.count < Self.packQueueLimit, let next = packs.takeIfAvailable() { batch.append(next) }
            guard !failure.hasFailed else {
                for pack in batch { pack.abandon() }
                continue
            }
            do throws(EngineError) {
                try commit(batch)
            } catch {
                fail(error)
                for pack in batch { pack.abandon() }
            }
        }
    }

    private func commit(_ batch: [UnpublishedPack]) throws(EngineError) {
        let sealed = try storing { () throws(StoreError) in try store.publish(batch) }
        _ = try cataloguing { () throws(CatalogueError) in try catalogue.commit(sealed) }
        claims.release(sealed.lazy.flatMap(\.entries).map(\.digest))
    }

    private func fail(_ error: EngineError) {
        failure.record(error)
        segments.cancel()
    }
}

/// The pack of each kind that is being filled. For one thread.
private struct OpenPacks: ~Copyable {
    private let store: Store
    private let packByteCount: Int
    private var blocks: PackWriter?
    private var pages: PackWriter?

    init(store: Store, packByteCount: Int) {
        self.store = store
        self.packByteCount = packByteCount
    }

    /// Returns the pack that this fills.
    mutating func append(_ item: consuming StoreWriter.Segment) throws(EngineError) -> UnpublishedPack? {
        var writer = try take(item.kind)
        do throws(StoreError) {
            try writer.append(item.segment)
            if writer.byteCount >= packByteCount { return try writer.finish() }
        } catch {
            writer.abandon()
            throw EngineError(error)
        }
        putBack(writer)
        return nil
    }

    mutating func finish() throws(EngineError) -> [UnpublishedPack] {
        var packs: [UnpublishedPack] = []
        do throws(EngineError) {
            if let writer = blocks.take() { packs.append(try finish(writer)) }
            if let writer = pages.take() { packs.append(try finish(writer)) }
        } catch {
            for pack in packs { pack.abandon() }
            throw error
        }
        return packs
    }

    private func finish(_ writer: consuming PackWriter) throws(EngineError) -> UnpublishedPack {
        do throws(StoreError) {
            return try writer.finish()
        } catch {
            writer.abandon()
            throw EngineError(error)
        }
    }

    mutating func abandon() {
        blocks.take()?.abandon()
        pages.take()?.abandon()
    }

    private mutating func take(_ kind: PackKind) throws(EngineError) -> PackWriter {
        let open = kind == .blocks ? blocks.take() : pages.take()
        if let open { return open }
        do throws(StoreError) {
            return try PackWriter(
                .make(at: .now()), kind: kind, in: store.objects, targetByteCount: packByteCount)
        } catch {
            throw EngineError(error)
        }
    }

    private mutating func putBack(_ writer: consuming PackWriter) {
        switch writer.kind {
        case .blocks: blocks = consume writer
        case .pages: pages = consume writer
        }
    }
}
