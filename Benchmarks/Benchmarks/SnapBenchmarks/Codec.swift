import Benchmark
import SnapCodec
import SnapModel
import SnapSystem

/// Hash, zero test, LZ4: what is done to every block, and to every new one.
func codecBenchmarks() {
    for laneCount in [1, 2, 4] {
        Benchmark("SHA-256, \(laneCount) × 512 KiB") { benchmark in
            let blocks = try Blocks(count: laneCount)
            let hasher = BlockHasher()
            let ranges = (0..<laneCount).map(blocks.range)
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { blackHole(hasher.digests(of: blocks.buffer, ranges: ranges)) }
        }
    }
    Benchmark("CRC-32C, 512 KiB") { benchmark in
        let blocks = try Blocks(count: 1)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(Checksum.crc32c(blocks.buffer, range: blocks.range(0))) }
    }
    Benchmark("zero test of 512 KiB of zeros") { benchmark in
        let blocks = try Blocks(count: 1, isZero: true)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(ZeroTest.isZero(blocks.buffer, range: blocks.range(0))) }
    }
    Benchmark("LZ4 compress, 512 KiB") { benchmark in
        let blocks = try Blocks(count: 1)
        let limit = LZ4.bound(BlockGeometry.byteCount)
        let stored = try AlignedBuffer(byteCount: limit)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            blackHole(LZ4.compress(blocks.buffer, range: blocks.range(0), into: stored, at: 0, limit: limit))
        }
    }
    Benchmark("LZ4 decompress, 512 KiB") { benchmark in
        let blocks = try Blocks(count: 1)
        let limit = LZ4.bound(BlockGeometry.byteCount)
        let stored = try AlignedBuffer(byteCount: limit)
        let count = LZ4.compress(blocks.buffer, range: blocks.range(0), into: stored, at: 0, limit: limit) ?? 0
        let plain = try AlignedBuffer(byteCount: BlockGeometry.byteCount)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            try LZ4.decompress(stored, range: 0..<count, into: plain, targetRange: 0..<BlockGeometry.byteCount)
        }
    }
}
