import SnapModel
import SnapTestSupport
import Testing

@Suite("Blocks and extents")
struct BlockTests {
    @Test(arguments: [
        (0, 0), (1, 1), (511, 1), (524_287, 1), (524_288, 1), (524_289, 2), (1_048_575, 2), (1_048_576, 2),
        (1_048_577, 3), (16 << 40, 33_554_432), ((16 << 40) + 1, 33_554_433), (Int.max, 17_592_186_044_416),
    ])
    func blockCounts(byteCount: Int, blockCount: Int) {
        #expect(BlockGeometry.blockCount(ofByteCount: byteCount) == blockCount)
    }

    @Test(arguments: [(0, 0), (1, 0), (524_287, 0), (524_288, 1), (1_048_575, 1), (1_048_576, 2)])
    func theBlockOfAByte(offset: Int, index: Int) {
        let block = BlockIndex(containing: offset)
        #expect(block == BlockIndex(index))
        #expect((block.byteOffset..<block.byteOffset + 524_288).contains(offset))
    }

    @Test func indexOrder() {
        #expect(BlockIndex(1) < BlockIndex(2))
        #expect(!(BlockIndex(2) < BlockIndex(2)))
        #expect(BlockIndex(17).description == "17")
    }

    @Test func aNegativeIndexTraps() async {
        await #expect(processExitsWith: .failure) { _ = BlockIndex(-1) }
        await #expect(processExitsWith: .failure) { _ = ByteExtent(offset: -1, byteCount: 1) }
        await #expect(processExitsWith: .failure) { _ = ByteExtent(offset: 0, byteCount: -1) }
    }

    @Test func extentsInWords() {
        #expect(ByteExtent(offset: 512, byteCount: 512).description == "bytes 512–1023")
        #expect(ByteExtent(offset: 512, byteCount: 1).description == "bytes 512–512")
        #expect(ByteExtent(offset: 512, byteCount: 0).description == "no bytes at 512")
        #expect(ByteExtent(offset: 512, byteCount: 10).end == 522)
    }

    @Test func touchingExtentsJoin() {
        var list: [ByteExtent] = []
        func append(_ offset: Int, _ byteCount: Int) {
            ByteExtent.append(ByteExtent(offset: offset, byteCount: byteCount), to: &list)
        }
        append(0, 0)
        #expect(list.isEmpty)
        append(10, 5)
        append(15, 5)
        append(20, 0)
        #expect(list == [ByteExtent(offset: 10, byteCount: 10)])
        append(21, 4)
        append(25, 1)
        #expect(list == [ByteExtent(offset: 10, byteCount: 10), ByteExtent(offset: 21, byteCount: 5)])
    }

    /// Against the set of bytes that were named.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func joiningKeepsTheBytes(seed: UInt64) {
        var generator = SeededRandom(seed: seed)
        var (list, bytes, position) = ([ByteExtent](), Set<Int>(), 0)
        for _ in 0..<100 {
            position += Int.random(in: 0...2, using: &generator)
            let extent = ByteExtent(offset: position, byteCount: .random(in: 0...3, using: &generator))
            ByteExtent.append(extent, to: &list)
            bytes.formUnion(extent.offset..<extent.end)
            position = extent.end
        }
        #expect(list.reduce(into: Set<Int>()) { $0.formUnion($1.offset..<$1.end) } == bytes, "seed \(seed)")
        #expect(zip(list, list.dropFirst()).allSatisfy { $0.end < $1.offset }, "seed \(seed)")
        #expect(list.allSatisfy { $0.byteCount > 0 }, "seed \(seed)")
    }
}
