import Benchmark
import SnapCatalogue
import SnapCodec
import SnapModel
import SnapStore
import SnapSystem
import SystemPackage

/// Pack append and index look-up: what is done to the store and the catalogue.
func storageBenchmarks() {
    Benchmark("pack append, 8 blocks to a segment") { benchmark in
        let blocks = try Blocks(count: 8)
        let pool = try BufferPool(bufferByteCount: PackSegment.bufferByteCount, bufferCount: 1)
        let digests = BlockHasher().digests(of: blocks.buffer, ranges: (0..<blocks.count).map(blocks.range))
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            var segment = PackSegment(buffer: pool.lease())
            for (index, digest) in digests.enumerated() {
                segment.append(digest, blocks.buffer, range: blocks.range(index))
            }
            blackHole(segment.isFull)
        }
    }
    Benchmark("pack of 32 MiB written and published") { benchmark in
        let folder = try ScratchFolder()
        defer { folder.remove() }
        let store = try Store.openOrCreate(LocalObjectStore(root: folder.path), at: .now())
        let segment = try fullSegment()
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            var writer = try PackWriter(.make(at: .now()), kind: .blocks, in: store.objects, targetByteCount: 32 << 20)
            while writer.byteCount < 32 << 20 { try writer.append(segment) }
            blackHole(try store.publish([try writer.finish()]))
        }
    }
    Benchmark(
        "index look-up of 4 digests among 1,000,000",
        closure: { benchmark, index in
            for _ in benchmark.scaledIterations { blackHole(try index.catalogue.trusted(index.next())) }
        }, setup: { try FilledIndex(packCount: 1_000, entryCount: 1_000) })
}

/// A catalogue with many chunks, made once.
private final class FilledIndex {
    let catalogue: Catalogue
    private let digests: [Digest]
    private let folder: ScratchFolder
    private var position = 0

    init(packCount: Int, entryCount: Int) throws {
        folder = try ScratchFolder()
        catalogue = try Catalogue.open(at: folder.path.appending("catalogue.db"), store: .random())
        digests = try fill(catalogue, packCount: packCount, entryCount: entryCount)
    }

    deinit { folder.remove() }

    /// Four digests: a stride that is prime to their count visits them all, far apart.
    func next() -> [Digest] {
        position = (position + 611_953) % (digests.count - 4)
        return Array(digests[position..<position + 4])
    }
}

private func fullSegment() throws -> PackSegment {
    let blocks = try Blocks(count: 16)
    let pool = try BufferPool(bufferByteCount: PackSegment.bufferByteCount, bufferCount: 1)
    let digests = BlockHasher().digests(of: blocks.buffer, ranges: (0..<blocks.count).map(blocks.range))
    var segment = PackSegment(buffer: pool.lease())
    for (index, digest) in digests.enumerated() where !segment.isFull {
        segment.append(digest, blocks.buffer, range: blocks.range(index))
    }
    return segment
}

private func fill(_ catalogue: Catalogue, packCount: Int, entryCount: Int) throws -> [Digest] {
    let hasher = BlockHasher()
    var digests: [Digest] = []
    for pack in 0..<packCount {
        let entries = (0..<entryCount).map { entry in
            PackEntry(
                digest: hasher.digest(of: Array("\(pack) \(entry)".utf8)), offset: 64 + entry * 1_000,
                storedByteCount: 1_000, plainByteCount: BlockGeometry.byteCount, codec: .lz4, checksum: 0)
        }
        digests += entries.map(\.digest)
        _ = try catalogue.commit([
            SealedPack(id: .make(at: .now()), kind: .blocks, byteCount: 32 << 20, entries: entries)
        ])
    }
    return digests
}
