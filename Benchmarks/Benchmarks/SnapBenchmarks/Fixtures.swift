import SnapModel
import SnapSystem

/// Memory that benchmarks share, with contents of a known kind.
final class Blocks: Sendable {
    let buffer: AlignedBuffer
    let count: Int

    /// Half of each block compresses to nothing, the other not at all; `seed` tells blocks of one benchmark from
    /// those of another.
    init(count: Int, seed: UInt64 = 1, isZero: Bool = false) throws {
        self.count = count
        buffer = try AlignedBuffer(byteCount: count * BlockGeometry.byteCount)
        if isZero { buffer.clear(0..<buffer.byteCount); return }
        var state = seed
        var bytes = [UInt8](repeating: 0, count: BlockGeometry.byteCount)
        for block in 0..<count {
            for index in bytes.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[index] =
                    index / 64 % 2 == 0 ? UInt8(truncatingIfNeeded: state >> 56) : UInt8(truncatingIfNeeded: index)
            }
            buffer.store(bytes, at: block * BlockGeometry.byteCount)
        }
    }

    func range(_ index: Int) -> Range<Int> {
        index * BlockGeometry.byteCount..<(index + 1) * BlockGeometry.byteCount
    }
}
