import SnapModel
import SnapTestSupport
import Testing

@testable import SnapStore

@Suite("Differences of manifests", .timeLimit(.minutes(20)))
struct ManifestDifferenceTests {
    /// Of the first volume and the second: the same, grown, shrunk, over one level and over several.
    private static let sizes: [(Int, Int)] = [
        (1, 1), (1_024, 1_024), (1_024, 1_025), (1_025, 1_024), (3_000, 3_000), (5_000, 700), (700, 5_000),
        (1_048_576, 1_048_577), (1_048_577, 1_048_576), (1_048_577, 1_000), (2_000_000, 33_554_432),
        (1_000, 33_554_432),
        (33_554_432, 33_554_432),
    ]

    @Test(arguments: sizes.indices, 1...3 as ClosedRange<UInt64>)
    func againstBruteForce(size: Int, seed: UInt64) throws {
        var generator = SeededRandom(seed: seed &* 100 + UInt64(size))
        let (firstCount, secondCount) = Self.sizes[size]
        let stored = Int.random(in: 0...600, using: &generator)
        let first = VolumeModel.random(blockCount: firstCount, storedCount: stored, using: &generator)
        let changes = Int.random(in: 0...30, using: &generator)
        let second = first.resized(toBlockCount: secondCount).changed(changes, using: &generator)
        try check(first, second, using: &generator, "seed \(seed)")
        try check(second, first, using: &generator, "seed \(seed), back")
    }

    @Test(arguments: [(0, 500), (500, 0), (0, 0), (500, 500)])
    func withoutAnythingInCommon(firstStored: Int, secondStored: Int) throws {
        var generator = SeededRandom(seed: 5)
        for (firstCount, secondCount) in [(2_000, 2_000), (1_000, 2_000_000), (2_000_000, 1_000)] {
            let first = VolumeModel.random(
                blockCount: firstCount,
                storedCount: firstStored,
                using: &generator
            )
            let second = VolumeModel.random(
                blockCount: secondCount,
                storedCount: secondStored,
                using: &generator
            )
            try check(first, second, using: &generator, "\(firstCount), \(secondCount)")
        }
    }

    /// One block of a large volume: a page of each level on each side, and no more.
    @Test func oneChangeReadsOnePath() throws {
        var generator = SeededRandom(seed: 6)
        let first = VolumeModel.random(blockCount: 33_554_432, storedCount: 5_000, using: &generator)
        var second = first
        let index = try #require(first.blocks.keys.min())
        second.blocks[index] = Sample.digest(of: "changed")
        let pages = PageStore()
        let (a, b) = (try reader(first, pages, &generator), try reader(second, pages, &generator))
        pages.forgetReads()
        var differences: [BlockDifference] = []
        try a.forEachDifference(to: b) { differences.append($0) }
        #expect(
            differences == [
                BlockDifference(
                    index: BlockIndex(index),
                    first: first.blocks[index],
                    second: Sample.digest(of: "changed")
                )
            ]
        )
        #expect(pages.reads.values.reduce(0, +) == 2 * 3)
    }

    @Test func equalVolumesReadNothing() throws {
        var generator = SeededRandom(seed: 7)
        let model = VolumeModel.random(blockCount: 2_000_000, storedCount: 2_000, using: &generator)
        let pages = PageStore()
        let (a, b) = (try reader(model, pages, &generator), try reader(model, pages, &generator))
        pages.forgetReads()
        try a.forEachDifference(to: b) { Issue.record("\($0)") }
        #expect(pages.reads.isEmpty)
    }

    @Test func aLostPageIsAnError() throws {
        var generator = SeededRandom(seed: 8)
        let first = VolumeModel.random(blockCount: 5_000, storedCount: 300, using: &generator)
        let second = first.changed(300, using: &generator)
        let (firstPages, secondPages) = (PageStore(), PageStore())
        let a = try reader(first, firstPages, &generator)
        let secondRoot = second.build(into: secondPages, using: &generator)
        for id in secondPages.ids.subtracting(firstPages.ids).subtracting([secondRoot]) {
            let partial = PageStore()
            for other in secondPages.ids where other != id {
                partial.store((other, try secondPages.page(other)))
            }
            let b = try ManifestReader(secondRoot, pages: partial)
            let error = #expect(throws: StoreError.self) { try a.forEachDifference(to: b) { _ in } }
            #expect(error?.code == .missing)
        }
    }

    /// Also one so far beyond that its offset is no number.
    @Test func aPlaceBeyondTheEndIsDamage() throws {
        for (byteCount, level) in [(5 << 19, 0), (.max / 2, 4)] {
            let page = ManifestPage(level: level, entries: [.init(place: 1_023, digest: Sample.digest(of: "x"))])
            let pages = PageStore()
            let top = pages.sample(page.encoded())
            let wrong = pages.sample(ManifestRoot(volumeByteCount: byteCount, top: top).encoded())
            let whole = pages.sample(ManifestRoot(volumeByteCount: byteCount, top: nil).encoded())
            let readers = try [wrong, whole].map { try ManifestReader($0, pages: pages) }
            for (a, b) in [(readers[0], readers[1]), (readers[1], readers[0])] {
                let error = #expect(throws: StoreError.self) { try a.forEachDifference(to: b) { _ in } }
                #expect(error?.code == .damaged && error?.description.contains("beyond the end") == true)
            }
        }
    }

    private func reader(
        _ model: VolumeModel,
        _ pages: PageStore,
        _ generator: inout SeededRandom
    ) throws -> ManifestReader {
        try ManifestReader(model.build(into: pages, using: &generator), pages: pages)
    }

    private func check(
        _ first: VolumeModel,
        _ second: VolumeModel,
        using generator: inout SeededRandom,
        _ when: String
    ) throws {
        let (firstPages, secondPages) = (PageStore(), PageStore())
        let a = try reader(first, firstPages, &generator)
        let b = try reader(second, secondPages, &generator)
        firstPages.forgetReads()
        secondPages.forgetReads()
        var differences: [BlockDifference] = []
        try a.forEachDifference(to: b) { differences.append($0) }
        let indexes = Set(first.blocks.keys).union(second.blocks.keys).sorted()
        let expected = indexes.filter { first.blocks[$0] != second.blocks[$0] }.map {
            BlockDifference(index: BlockIndex($0), first: first.blocks[$0], second: second.blocks[$0])
        }
        #expect(differences == expected, "\(when)")
        for (pages, others) in [(firstPages, secondPages), (secondPages, firstPages)] {
            #expect(others.ids.isDisjoint(with: pages.reads.keys), "\(when): a page both have was read")
            #expect(pages.reads.values.allSatisfy { $0 == 1 }, "\(when): a page was read twice")
        }
    }
}
