import SnapModel
import SnapTestSupport
import Testing

@testable import SnapStore

/// A manifest that is built by several workers, one after the other.
@Suite("Adopted leaves")
struct AdoptedLeafTests {
    private static let fanOut = ManifestFormat.fanOut

    /// Accounts for all blocks of the leaves not in `skipped`; returns the leaves as they are finished.
    private func account(
        _ model: VolumeModel, _ builder: inout ManifestBuilder, skipping skipped: Set<Int>
    ) -> [FinishedLeaf] {
        (0..<model.blockCount).filter { !skipped.contains($0 / Self.fanOut) }.compactMap { index in
            builder.account(BlockIndex(index), model.blocks[index])
        }
    }

    @Test(
        arguments: [(1, 1), (1_023, 40), (1_024, 1_024), (1_025, 3), (5_000, 90), (4_097, 4_097)],
        1...3 as ClosedRange<UInt64>)
    func giveTheSameRoot(size: (blockCount: Int, storedCount: Int), seed: UInt64) throws {
        var generator = SeededRandom(seed: seed)
        let model = VolumeModel.random(blockCount: size.blockCount, storedCount: size.storedCount, using: &generator)
        let pages = PageStore()
        let root = model.build(into: pages, using: &generator)
        var whole = ManifestBuilder(volumeByteCount: model.byteCount)
        let finished = account(model, &whole, skipping: [])
        #expect(finished.count == (size.blockCount + Self.fanOut - 1) / Self.fanOut, "zero leaves are told too")
        #expect(finished.reduce(0) { $0 + $1.checkpoint.blockCount } == model.blocks.count)
        for _ in 0..<5 {
            let adopted = finished.filter { _ in Bool.random(using: &generator) }.map(\.checkpoint)
            var builder = ManifestBuilder(volumeByteCount: model.byteCount)
            for leaf in adopted.shuffled(using: &generator) { builder.adopt(leaf) }
            _ = account(model, &builder, skipping: Set(adopted.map(\.number)))
            #expect(builder.finish { _ in } == root, "\(adopted.map(\.number)), seed \(seed)")
        }
    }

    /// A leaf that is wholly a hole is found again for nothing; one that was partly read is not.
    @Test func ofHolesOnlyThoseThatWereBegunAreTold() {
        var builder = ManifestBuilder(volumeByteCount: 4 * Self.fanOut * BlockGeometry.byteCount)
        #expect(builder.accountZeros(0..<Self.fanOut).isEmpty)
        let isFinished = builder.account(BlockIndex(Self.fanOut), nil) != nil
        #expect(!isFinished)
        let finished = builder.accountZeros(Self.fanOut + 1..<3 * Self.fanOut)
        #expect(finished.map(\.checkpoint) == [LeafCheckpoint(number: 1, page: nil, blockCount: 0)])
    }

    @Test func blocksOfLeaves() {
        #expect(ManifestFormat.blocks(ofLeaf: 0, blockCount: 5) == 0..<5)
        #expect(ManifestFormat.blocks(ofLeaf: 1, blockCount: 1_030) == 1_024..<1_030)
        for number in [-1, 1, 2, Int.max, Int.min] {
            #expect(ManifestFormat.blocks(ofLeaf: number, blockCount: 1_024).isEmpty)
        }
    }
}
