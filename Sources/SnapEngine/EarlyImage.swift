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

    /// The bytes that it has of some units, which are in order.
    func bytes(of units: [Int], _ engine: Engine) throws(EngineError) -> [[UInt8]] {
        let fetcher = try ChunkFetcher(engine)
        let buffer = try BufferPool.forEngine(bufferByteCount: BlockGeometry.byteCount, bufferCount: 1).lease()
        var bytes: [[UInt8]] = []
        var (block, leaf): (Int?, (number: Int, digests: [Digest?])?) = (nil, nil)
        for unit in units {
            let (wanted, place) = unit.quotientAndRemainder(dividingBy: UnitOverlay.unitsPerBlock)
            if wanted != block {
                let number = wanted / ManifestFormat.fanOut
                if leaf?.number != number { leaf = (number, try digests(ofLeaf: number)) }
                let digest = leaf?.digests[wanted % ManifestFormat.fanOut]
                try fetcher.fetch(digest ?? nil, into: buffer, 0..<BlockGeometry.byteCount)
                block = wanted
            }
            let start = place * UnitOverlay.unitByteCount
            bytes.append(buffer.copyBytes(start..<(start + UnitOverlay.unitByteCount)))
        }
        return bytes
    }
}
