internal import SnapCatalogue
internal import SnapCodec
internal import SnapDevice
internal import SnapModel
internal import SnapStore
internal import SnapSystem

extension Engine {
    /// How often chunks may be stored again under a snapshot that is completing before it gives up, and how often it
    /// looks whether that is needed: any chunk of the store may lose its trust meanwhile.
    private static let (repairLimit, attemptLimit) = (3, 100)

    /// The top of the commit ladder: the records, durably, then the state of all in one transaction. The chunks that lost
    /// their trust since `generation` and that the images need are stored again first, from the volumes, which are
    /// still held.
    ///
    /// After a throw records may be there. They are for the caller to remove, once the snapshots are known not to be
    /// completed: a commit that failed may have had its effect.
    func complete(
        _ imaged: [ImagedSnapshot], trustedSince generation: TrustGeneration
    ) throws(EngineError) -> [Snapshot] {
        var generation = generation
        var repairCount = 0
        for _ in 0..<Self.attemptLimit where repairCount < Self.repairLimit {
            let completed = try withCurrentAttributes(imaged.map { $0.completed(at: .now()) })
            for snapshot in completed {
                let record = SnapshotRecord(snapshot)
                try storing { () throws(StoreError) in try store.write(record) }
            }
            let outcome = try cataloguing { () throws(CatalogueError) in
                try catalogue.complete(completed.map(SnapshotCompletion.init), trustedSince: generation)
            }
            if outcome == .completed { return completed }
            guard case .distrusted(let lost, let now) = outcome else { continue }
            try removeRecords(of: completed.map(\.id))
            var hasRepaired = false
            for snapshot in imaged {
                let reprieved = try reprieve(lost, of: snapshot.image)
                if try storeAgain(lost.subtracting(reprieved), of: snapshot) { hasRepaired = true }
            }
            if hasRepaired { repairCount += 1 }
            generation = now
        }
        throw EngineError(
            .storeDamaged,
            "chunks of the store kept becoming unusable while the snapshot completed; see 'snapctl verify'")
    }

    /// The snapshots as they complete, with the tags, permissions and locks that they were given while they were pending.
    /// From now on the durations of their locks count.
    func withCurrentAttributes(_ completed: [Snapshot]) throws(EngineError) -> [Snapshot] {
        try cataloguing { () throws(CatalogueError) in
            try completed.map { (snapshot) throws(CatalogueError) in
                var current = snapshot
                current.takeAttributes(of: try catalogue.snapshot(snapshot.id))
                current.lock = current.lock?.started(at: snapshot.completionTime ?? snapshot.startTime)
                return current
            }
        }
    }

    /// Ends snapshots that failed. Without a record one is not in the store; a record that stayed would come back with a
    /// rebuild. One that is no longer pending was completed by another process, from its record, which stays. Where even
    /// this fails, the next start finds them.
    func end(_ snapshots: [SnapshotID], because error: EngineError) {
        do {
            try removeRecords(of: try catalogue.fail(snapshots, message: error.explanation))
        } catch {}
    }

    func removeRecords(of snapshots: [SnapshotID]) throws(EngineError) {
        for snapshot in snapshots {
            try storing { () throws(StoreError) in try store.removeRecord(of: snapshot) }
        }
    }

    /// What a collection of garbage condemned meanwhile, and has not removed, it leaves to a snapshot that needs it.
    private func reprieve(_ lost: Set<Digest>, of image: SnapshotImage) throws(EngineError) -> Set<Digest> {
        var needed: Set<Digest> = lost.contains(image.manifestRoot.digest) ? [image.manifestRoot.digest] : []
        var walked: Set<PageID> = []
        do throws(StoreError) {
            try ManifestReader(image.manifestRoot, pages: pages).forEachChunk(
                entering: { page in
                    if lost.contains(page.digest) { needed.insert(page.digest) }
                    return walked.insert(page).inserted
                },
                { digest in if lost.contains(digest) { needed.insert(digest) } })
        } catch {
            throw error.isDamage ? Self.pageIsLost : EngineError(error)
        }
        guard !needed.isEmpty else { return [] }
        return try cataloguing { () throws(CatalogueError) in try catalogue.reprieve(needed) }
    }

    /// False when the image needs none of them.
    private func storeAgain(_ lost: Set<Digest>, of imaged: ImagedSnapshot) throws(EngineError) -> Bool {
        let places = try blocks(of: imaged.image, among: lost)
        guard !places.isEmpty else { return false }
        guard let reader = imaged.reader else {
            throw EngineError(
                .storeDamaged,
                "chunks of the store became unusable while the snapshot was taken, and its volume has been thawed; "
                    + "take the snapshot again")
        }
        let failure = FirstFailure<EngineError>()
        let writer = try StoreWriter(
            store: store, catalogue: catalogue, claims: ChunkClaims(), failure: failure,
            packByteCount: configuration.packByteCount, workerCount: 1)
        do throws(EngineError) {
            try storeAgain(places, from: reader, to: writer)
            try writer.finish()
            return true
        } catch {
            failure.record(error)
            writer.cancel()
            throw error
        }
    }

    private func storeAgain(
        _ places: [Digest: BlockIndex], from reader: VolumeReader, to writer: StoreWriter
    ) throws(EngineError) {
        let hasher = BlockHasher()
        let pool = try BufferPool.forEngine(bufferByteCount: BlockGeometry.byteCount, bufferCount: 1)
        let buffer = pool.lease()
        let whole = 0..<BlockGeometry.byteCount
        var segment = writer.newSegment()
        for (digest, index) in places {
            do throws(DeviceError) {
                try reader.read(into: buffer, range: whole, at: index.byteOffset)
            } catch {
                throw EngineError(error)
            }
            guard hasher.digest(of: buffer, range: whole) == digest else {
                throw EngineError(
                    .volumeChanged,
                    "block \(index) had to be read again, and has changed meanwhile; take the snapshot again")
            }
            if segment.isFull {
                _ = writer.put(segment, kind: .blocks)
                segment = writer.newSegment()
            }
            segment.append(digest, buffer, range: whole)
        }
        _ = writer.put(segment, kind: .blocks)
    }

    private static var pageIsLost: EngineError {
        EngineError(.storeDamaged, "a page of the manifest became unusable meanwhile; take the snapshot again")
    }

    /// Where the image has the chunks named. A page among them cannot be made from the volume alone.
    private func blocks(of image: SnapshotImage, among digests: Set<Digest>) throws(EngineError) -> [Digest: BlockIndex]
    {
        let manifest = try manifest(image)
        var pageIsLost = digests.contains(image.manifestRoot.digest)
        try storing { () throws(StoreError) in
            try manifest.forEachPage { if digests.contains($0.digest) { pageIsLost = true } }
        }
        guard !pageIsLost else { throw Self.pageIsLost }
        var places: [Digest: BlockIndex] = [:]
        try manifest.forEachBlock(onFailure: EngineError.init) { (index, digest) throws(EngineError) in
            if digests.contains(digest) { places[digest] = index }
        }
        return places
    }
}

/// A snapshot whose image is stored.
struct ImagedSnapshot {
    var snapshot: Snapshot
    /// Reads the bytes of the instant, or, of a volume that was put to use again, those that are as they were then. nil where the volume
    /// may not be read any more.
    var reader: VolumeReader?

    var image: SnapshotImage {
        guard let image = snapshot.image else { preconditionFailure("\(snapshot.id) completes without an image") }
        return image
    }

    func completed(at time: Timestamp) -> Snapshot {
        var completed = snapshot
        completed.state = .completed
        completed.completionTime = time
        return completed
    }
}

extension SnapshotCompletion {
    init(_ snapshot: Snapshot) {
        guard let image = snapshot.image else { preconditionFailure("\(snapshot.id) completes without an image") }
        self.init(
            id: snapshot.id, image: image, time: snapshot.completionTime ?? snapshot.startTime,
            durations: snapshot.durations, lock: snapshot.lock, revision: snapshot.revision)
    }
}
