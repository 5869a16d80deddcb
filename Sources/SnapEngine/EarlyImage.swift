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
        // Half of the time they wait for the disk.
        let workerCount = 2 * engine.configuration.workerCount
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
        let buffer = try BufferPool.forEngine(
            bufferByteCount: Self.fetchedBlockCount * BlockGeometry.byteCount, bufferCount: 1
        ).lease()
        var bytes: [[UInt8]] = []
        var leaf: (number: Int, digests: [Digest?])?
        var remaining = units
        while !remaining.isEmpty {
            let blocks = Self.firstBlocks(of: remaining)
            var wanted: [(digest: Digest?, range: Range<Int>)] = []
            for (place, block) in blocks.enumerated() {
                let number = block / ManifestFormat.fanOut
                if leaf?.number != number { leaf = (number, try digests(ofLeaf: number)) }
                let start = place * BlockGeometry.byteCount
                wanted.append(
                    (leaf?.digests[block % ManifestFormat.fanOut] ?? nil, start..<start + BlockGeometry.byteCount))
            }
            try fetcher.fetch(wanted, into: buffer)
            while let unit = remaining.first, let place = blocks.firstIndex(of: unit / UnitOverlay.unitsPerBlock) {
                let start =
                    wanted[place].range.lowerBound
                    + unit % UnitOverlay.unitsPerBlock * UnitOverlay.unitByteCount
                bytes.append(buffer.copyBytes(start..<start + UnitOverlay.unitByteCount))
                remaining = remaining.dropFirst()
            }
        }
        return bytes
    }

    /// The hasher is faster with two at a time.
    private static let fetchedBlockCount = 2

    /// Of units in order: the blocks of the first of them.
    private static func firstBlocks(of units: ArraySlice<Int>) -> [Int] {
        var blocks: [Int] = []
        for block in units.lazy.map({ $0 / UnitOverlay.unitsPerBlock }) where block != blocks.last {
            guard blocks.count < fetchedBlockCount else { break }
            blocks.append(block)
        }
        return blocks
    }
}
