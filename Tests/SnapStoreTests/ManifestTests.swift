import SnapCodec
import SnapModel
import SnapSystem
import SnapTestSupport
import Testing

@testable import SnapStore

@Suite("Manifests, built and read", .timeLimit(.minutes(20)))
struct ManifestTests {
    /// At the borders of the fan-out.
    private static let sizes: [(blockCount: Int, storedCount: Int)] = [
        (1, 0), (1, 1), (2, 1), (1_023, 1_023), (1_024, 1_024), (1_024, 3), (1_025, 1_025), (1_025, 0),
        (2_048, 700),
        (2_049, 2_049), (5_000, 40), (1_048_575, 200), (1_048_576, 500), (1_048_577, 500), (3_000_000, 300),
        (33_554_432, 100),
    ]

    /// The ids were computed by another program, from docs/format.md.
    @Test(
        arguments: [
            (1, [0], 2, "0332c30be991acca03c0ee08d1d5fba34c7660eb96b89755390afda18dd983a2"),
            (1_024 << 19, [0, 1_023], 2, "e5070900c71837d32d6638186727a657f79711f2d37e60bd42a6297df197cedc"),
            (
                (1_024 << 19) + 1, [0, 1_024], 4,
                "97630f046b7d4e919d56680fe7203e921a026fb2d8793785a1bd77aa1dbfe047"
            ),
            (
                1_048_576 << 19, [0, 1, 1_023, 1_024, 5_000, 1_048_575], 6,
                "8eefa1be727ae7d61032ba96900b03adae5a78719f9c4794a8ec40277436b73c"
            ),
            (
                (1_048_576 << 19) + 1, [0, 1, 1_023, 1_024, 5_000, 1_048_575, 1_048_576], 9,
                "b1d2812c4b8b8cb0fb400c78e097f2565f3bebaa6c24cca063c46b5cede26d15"
            ),
            (16 << 40, [33_554_431], 4, "c35c7e5b13e09753a282740c719d95730caad76d41193b2677484019cde995e3"),
            (16 << 40, [], 1, "ccca28839af0e92503e37af6c83fbabe73bce845b25a3a118547c9a0f61c78c6"),
        ] as [(Int, [Int], Int, String)]
    )
    func goldenRoots(byteCount: Int, stored: [Int], pageCount: Int, root: String) {
        var generator = SeededRandom(seed: 1)
        var model = VolumeModel(blockCount: 1, stored: stored)
        model.byteCount = byteCount
        let pages = PageStore()
        #expect(model.build(into: pages, using: &generator).description == root)
        #expect(pages.ids.count == pageCount)
    }

    @Test(arguments: sizes.indices, 1...2 as ClosedRange<UInt64>)
    func whatIsReadIsWhatWasBuilt(size: Int, seed: UInt64) throws {
        let (blockCount, storedCount) = Self.sizes[size]
        var generator = SeededRandom(seed: seed)
        let model = VolumeModel.random(blockCount: blockCount, storedCount: storedCount, using: &generator)
        let pages = PageStore()
        let root = model.build(into: pages, using: &generator)
        let reader = try ManifestReader(root, pages: pages)
        #expect(reader.root.volumeByteCount == model.byteCount)
        let expected = model.blocks.sorted { $0.key < $1.key }
        #expect(try blocks(of: reader, from: 0).elementsEqual(expected, by: ==), "seed \(seed)")
        let starts = [1, 1_023, 1_024, 1_025, blockCount - 1, blockCount, blockCount + 5]
        for start in starts + (0..<5).map({ _ in Int.random(in: 0..<blockCount, using: &generator) })
        where start >= 0 {
            let read = try blocks(of: reader, from: start)
            #expect(
                read.elementsEqual(expected.filter { $0.key >= start }, by: ==),
                "from \(start), seed \(seed)"
            )
        }
        try checkLeaves(reader, model, using: &generator)
        var visited: [PageID] = []
        try reader.forEachPage { visited.append($0) }
        #expect(Set(visited) == pages.ids.subtracting([root]))
        #expect(visited.count == Set(visited).count)
    }

    @Test(arguments: sizes.indices)
    func theOrderDoesNotMatter(size: Int) {
        let (blockCount, storedCount) = Self.sizes[size]
        var generator = SeededRandom(seed: 7)
        let model = VolumeModel.random(blockCount: blockCount, storedCount: storedCount, using: &generator)
        let first = PageStore()
        let root = model.build(into: first, using: &generator)
        for _ in 0..<4 {
            let pages = PageStore()
            #expect(model.build(into: pages, using: &generator) == root)
            #expect(pages.ids == first.ids)
        }
    }

    @Test func anyDifferenceGivesAnotherRoot() {
        var generator = SeededRandom(seed: 8)
        let model = VolumeModel.random(blockCount: 3_000, storedCount: 500, using: &generator)
        var roots: Set<PageID> = [model.build(into: PageStore(), using: &generator)]
        var others: [VolumeModel] = []
        for index in [0, 1, 1_023, 1_024, 2_999] {
            var changed = model
            changed.blocks[index] = Sample.digest(of: "new")
            others.append(changed)
            guard model.blocks[index] != nil else { continue }
            changed.blocks[index] = nil
            others.append(changed)
        }
        for change in [-1, 1, -BlockGeometry.byteCount + 1, BlockGeometry.byteCount, 2_000 << 19, 2 << 40] {
            var resized = model
            resized.blocks[2_999] = nil
            resized.byteCount += change
            others.append(resized)
        }
        for other in others {
            #expect(roots.insert(other.build(into: PageStore(), using: &generator)).inserted)
        }
    }

    /// From one leaf to many levels, and back: what a volume keeps keeps its pages.
    @Test(arguments: [
        (1_000, 1_024), (1_024, 1_025), (3_000, 5_000), (1_048_576, 1_048_577), (1_048_576, 33_554_432),
        (2_000, 3_000_000),
    ])
    func aResizedVolumeSharesItsPages(smaller: Int, larger: Int) throws {
        var generator = SeededRandom(seed: 9)
        let model = VolumeModel.random(blockCount: smaller, storedCount: 900, using: &generator)
        let (small, large) = (PageStore(), PageStore())
        let smallRoot = model.build(into: small, using: &generator)
        let largeRoot = model.resized(toBlockCount: larger).build(into: large, using: &generator)
        #expect(smallRoot != largeRoot)
        let shared = small.ids.intersection(large.ids)
        let levelDifference =
            ManifestFormat.topLevel(blockCount: larger) - ManifestFormat.topLevel(blockCount: smaller)
        #expect(shared == small.ids.subtracting([smallRoot]))
        #expect(
            large.ids.count - shared.count == 1 + levelDifference,
            "the root, and a page a level that was added"
        )
    }

    @Test func equalPagesOfOneVolumeAreOne() throws {
        var model = VolumeModel(blockCount: 10 * 1_024)
        for index in 0..<model.blockCount { model.blocks[index] = Sample.digest(of: "the same") }
        let pages = PageStore()
        var generator = SeededRandom(seed: 1)
        let reader = try ManifestReader(model.build(into: pages, using: &generator), pages: pages)
        #expect(pages.ids.count == 3)
        #expect(try blocks(of: reader, from: 0).count == model.blockCount)
        var count = 0
        try reader.forEachPage { _ in count += 1 }
        #expect(count == 2)
    }

    @Test func sixteenTebibytesOfZerosCostNothing() {
        let watch = Stopwatch()
        let pages = PageStore()
        for _ in 0..<100 {
            var builder = ManifestBuilder(volumeByteCount: 16 << 40)
            #expect(builder.accountZeros(0..<33_554_432).isEmpty)
            _ = builder.finish { pages.store($0) }
        }
        #expect(pages.byteCount == 32)
        #expect(watch.seconds < 1)
        var builder = ManifestBuilder(volumeByteCount: 64 << 40)
        for start in stride(from: 0, to: 128 << 20, by: 1 << 20) {
            _ = builder.accountZeros(start..<(start + (1 << 20)))
        }
        _ = builder.finish { pages.store($0) }
        #expect(watch.seconds < 2)
    }

    @Test func anEmptyVolume() throws {
        let pages = PageStore()
        var builder = ManifestBuilder(volumeByteCount: 0)
        #expect(builder.accountZeros(0..<0).isEmpty)
        let reader = try ManifestReader(builder.finish { pages.store($0) }, pages: pages)
        #expect(reader.root.volumeByteCount == 0)
        #expect(try blocks(of: reader, from: 0).isEmpty)
        #expect(try reader.leaf(0) == nil)
    }

    @Test func blocksAreAccountedForOnce() async {
        await #expect(processExitsWith: .failure) {
            var builder = ManifestBuilder(volumeByteCount: 2 << 19)
            _ = builder.account(BlockIndex(0), nil)
            _ = builder.finish { _ in }
        }
        await #expect(processExitsWith: .failure) {
            var builder = ManifestBuilder(volumeByteCount: 2 << 19)
            _ = builder.accountZeros(0..<2)
            _ = builder.account(BlockIndex(1), nil)
            _ = builder.finish { _ in }
        }
        await #expect(processExitsWith: .failure) {
            var builder = ManifestBuilder(volumeByteCount: 2 << 19)
            _ = builder.accountZeros(0..<3)
        }
        await #expect(processExitsWith: .failure) {
            var builder = ManifestBuilder(volumeByteCount: 2 << 19)
            _ = builder.account(BlockIndex(2), nil)
        }
    }

    /// Pages that are lost, of the wrong level, or no pages.
    @Test func treesThatAreNotWhole() throws {
        var generator = SeededRandom(seed: 10)
        let model = VolumeModel.random(blockCount: 3_000, storedCount: 900, using: &generator)
        let pages = PageStore()
        let root = model.build(into: pages, using: &generator)
        let top = try #require(ManifestReader(root, pages: pages).root.top)
        for id in pages.ids {
            let partial = PageStore()
            for other in pages.ids where other != id { partial.store((other, try pages.page(other))) }
            let error = #expect(throws: StoreError.self) {
                _ = try blocks(of: ManifestReader(root, pages: partial), from: 0)
            }
            #expect(error?.code == .missing)
        }
        let leaf = try #require(pages.ids.subtracting([root, top]).first)
        let replacements: [(PageID, [UInt8])] = [
            (top, try pages.page(leaf)), (leaf, try pages.page(top)), (leaf, try pages.page(root)),
            (leaf, [1, 2, 3]),
            (root, try pages.page(top)), (root, []),
        ]
        for (id, bytes) in replacements {
            let wrong = PageStore()
            for other in pages.ids { wrong.store((other, try pages.page(other))) }
            wrong.store((id, bytes))
            let error = #expect(throws: StoreError.self) {
                _ = try blocks(of: ManifestReader(root, pages: wrong), from: 0)
            }
            #expect(error?.code == .damaged)
        }
    }

    /// What is lost is told by its span, cut at the volume's end; all else is read.
    @Test(arguments: [0, 1_500, 2_999]) func theWalkGoesOnPastLostPages(start: Int) throws {
        var generator = SeededRandom(seed: 11)
        let model = VolumeModel.random(blockCount: 3_000, storedCount: 900, using: &generator)
        let pages = PageStore()
        let root = model.build(into: pages, using: &generator)
        let top = try #require(ManifestReader(root, pages: pages).root.top)
        let leaves = try ManifestPage(decoding: pages.page(top)).entries
        #expect(leaves.map(\.place) == [0, 1, 2])
        let spans = leaves.map { (PageID($0.digest), $0.place * 1_024..<min($0.place * 1_024 + 1_024, 3_000)) }
        for (id, span) in spans + [(top, 0..<3_000)] {
            let partial = PageStore()
            for other in pages.ids where other != id { partial.store((other, try pages.page(other))) }
            var lost: [Range<Int>] = []
            var read: [Int] = []
            try ManifestReader(root, pages: partial).forEachBlock(
                from: BlockIndex(start),
                onUnreadable: { (error, blocks) throws(StoreError) in
                    #expect(error.code == .missing)
                    lost.append(blocks)
                },
                { (index, _) throws(StoreError) in read.append(index.rawValue) }
            )
            let expected = max(span.lowerBound, start)..<max(span.upperBound, start)
            #expect(lost == (expected.isEmpty ? [] : [expected]))
            #expect(read == model.blocks.keys.filter { $0 >= start && !span.contains($0) }.sorted())
        }
    }

    private func blocks(of reader: ManifestReader, from start: Int) throws -> [(key: Int, value: Digest)] {
        var blocks: [(key: Int, value: Digest)] = []
        try reader.forEachBlock(from: BlockIndex(start), onFailure: { $0 }) {
            (index, digest) throws(StoreError) in
            blocks.append((index.rawValue, digest))
        }
        return blocks
    }

    private func checkLeaves(
        _ reader: ManifestReader,
        _ model: VolumeModel,
        using generator: inout SeededRandom
    ) throws {
        let expected = Dictionary(grouping: model.blocks.keys.sorted()) { $0 / 1_024 }
        func entries(_ number: Int) -> [ManifestPage.Entry]? {
            expected[number]?.compactMap { index in
                model.blocks[index].map { ManifestPage.Entry(place: index % 1_024, digest: $0) }
            }
        }
        let last = (model.blockCount - 1) / 1_024
        let numbers = [0, last, last + 1, last + 2_000] + expected.keys.prefix(20)
        for number in numbers + (0..<20).map({ _ in Int.random(in: 0...last, using: &generator) }) {
            #expect(try reader.leaf(number)?.entries == entries(number), "leaf \(number)")
        }
        var visited: [Int] = []
        try reader.forEachLeaf(onUnreadable: { (error, _) throws(StoreError) in throw error }) {
            (number, page) throws(StoreError) in
            visited.append(number)
            if page.entries != entries(number) { Issue.record("leaf \(number)") }
        }
        #expect(visited == expected.keys.sorted())
        let start = Int.random(in: 0..<model.blockCount, using: &generator)
        visited = []
        try reader.forEachLeaf(from: BlockIndex(start), onUnreadable: { (error, _) throws(StoreError) in throw error })
        { (number, _) throws(StoreError) in
            visited.append(number)
        }
        #expect(visited == expected.keys.sorted().filter { $0 >= start / 1_024 })
    }
}
