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

    /// The top of the commit ladder: the record, durably, then the state. The chunks that lost their trust since
    /// `generation` and that the image needs are stored again first, from the volume, which is still held.
    ///
    /// After a throw the record may be there. It is for the caller to remove, once the snapshot is known not to be
    /// completed: a commit that failed may have had its effect.
    func complete(
        _ snapshot: Snapshot, reader: VolumeReader, trustedSince generation: TrustGeneration
    ) throws(EngineError) -> Snapshot {
        guard let image = snapshot.image else { preconditionFailure("\(snapshot.id) completes without an image") }
        var completed = snapshot
        completed.state = .completed
        var generation = generation
        var repairCount = 0
        for _ in 0..<Self.attemptLimit where repairCount < Self.repairLimit {
            let time = Timestamp.now()
            completed.completionTime = time
            try storing { () throws(StoreError) in try store.write(SnapshotRecord(revision: 1, snapshot: completed)) }
            let outcome = try cataloguing { () throws(CatalogueError) in
                try catalogue.complete(
                    [SnapshotCompletion(id: snapshot.id, image: image, time: time)], trustedSince: generation)
            }
            guard case .distrusted(let lost, let now) = outcome else { return completed }
            try removeRecord(of: snapshot.id)
            if try storeAgain(lost, of: image, from: reader) { repairCount += 1 }
            generation = now
        }
        throw EngineError(
            .storeDamaged,
            "chunks of the store kept becoming unusable while the snapshot completed; see 'snapctl verify'")
    }

    /// Ends a snapshot that failed. Without a record it is not in the store; one that stayed would come back with a
    /// rebuild. Where even this fails, the next start finds it.
    func end(_ snapshot: SnapshotID, because error: EngineError) {
        do {
            // One that is completed after all keeps its record.
            guard try catalogue.fail([snapshot], message: error.explanation) == [snapshot] else { return }
            try removeRecord(of: snapshot)
        } catch {}
    }

    private func removeRecord(of snapshot: SnapshotID) throws(EngineError) {
        try storing { () throws(StoreError) in try store.removeRecord(of: snapshot) }
    }

    /// False when the image needs none of them.
    private func storeAgain(
        _ lost: Set<Digest>, of image: SnapshotImage, from reader: VolumeReader
    ) throws(EngineError) -> Bool {
        let places = try blocks(of: image, among: lost)
        guard !places.isEmpty else { return false }
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

    /// Where the image has the chunks named. A page among them cannot be made from the volume alone.
    private func blocks(of image: SnapshotImage, among digests: Set<Digest>) throws(EngineError) -> [Digest: BlockIndex]
    {
        let manifest = try manifest(image)
        var pageIsLost = digests.contains(image.manifestRoot.digest)
        try storing { () throws(StoreError) in
            try manifest.forEachPage { if digests.contains($0.digest) { pageIsLost = true } }
        }
        guard !pageIsLost else {
            throw EngineError(
                .storeDamaged, "a page of the manifest became unusable meanwhile; take the snapshot again")
        }
        var places: [Digest: BlockIndex] = [:]
        try manifest.forEachBlock(onFailure: EngineError.init) { (index, digest) throws(EngineError) in
            if digests.contains(digest) { places[digest] = index }
        }
        return places
    }
}
