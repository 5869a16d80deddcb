internal import SnapConsistency
internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import Synchronization

/// The first copy of a volume that was written to meanwhile: whole in the store, but of no instant.
struct EarlyImage: Sendable {
    let manifest: ManifestReader

    init(_ root: PageID, _ engine: Engine) throws(EngineError) {
        manifest = try storing { () throws(StoreError) in try ManifestReader(root, pages: engine.pages) }
    }

    /// The digests of all blocks of a leaf; nil for zeros.
    func digests(ofLeaf number: Int) throws(EngineError) -> [Digest?] {
        let blocks = ManifestFormat.blocks(ofLeaf: number, blockCount: manifest.root.blockCount)
        var digests = [Digest?](repeating: nil, count: blocks.count)
        let leaf = try storing { () throws(StoreError) in try manifest.leaf(number) }
        for entry in leaf?.entries ?? [] { digests[entry.place] = entry.digest }
        return digests
    }

    /// The bytes that it has of some units, which are in order. Each chunk that has some is checked as a whole.
    func bytes(of units: [Int], _ engine: Engine) throws(EngineError) -> [[UInt8]] {
        let workerCount = engine.configuration.workerCount
        let share = max(1, (units.count + workerCount - 1) / workerCount)
        let parts = stride(from: 0, to: units.count, by: share).map { units[$0..<min($0 + share, units.count)] }
        let found = Mutex([[[UInt8]]](repeating: [], count: parts.count))
        let failure = FirstFailure<EngineError>()
        let workers = WorkerGroup()
        workers.start("snap-sample", count: parts.count) { number in
            do throws(EngineError) {
                let bytes = try bytes(of: parts[number], by: try ChunkFetcher(engine))
                found.withLock { $0[number] = bytes }
            } catch {
                failure.record(error)
            }
        }
        workers.wait()
        try failure.rethrow()
        return found.withLock { $0.flatMap(\.self) }
    }

    private func bytes(of units: ArraySlice<Int>, by fetcher: ChunkFetcher) throws(EngineError) -> [[UInt8]] {
        let buffer = try BufferPool.forEngine(bufferByteCount: BlockGeometry.byteCount, bufferCount: 1).lease()
        var bytes: [[UInt8]] = []
        var (block, leaf): (Int?, (number: Int, digests: [Digest?])?) = (nil, nil)
        for unit in units {
            let (wanted, place) = unit.quotientAndRemainder(dividingBy: UnitOverlay.unitsPerBlock)
            if wanted != block {
                let number = wanted / ManifestFormat.fanOut
                if leaf?.number != number { leaf = (number, try digests(ofLeaf: number)) }
                let digest = leaf?.digests[wanted % ManifestFormat.fanOut] ?? nil
                try fetcher.fetch([(digest: digest, range: 0..<BlockGeometry.byteCount)], into: buffer)
                block = wanted
            }
            let start = place * UnitOverlay.unitByteCount
            bytes.append(buffer.copyBytes(start..<(start + UnitOverlay.unitByteCount)))
        }
        return bytes
    }
}
