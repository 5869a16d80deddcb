import SnapModel
import SnapTestSupport
import Testing

@testable import SnapDevice

@Suite struct DamageSearchTests {
    @Test func findsExactSectors() {
        let bad: Set<Int> = [3, 4, 9, 40, 41]
        let search = DamageSearch(sectorByteCount: 512, byteCount: 64 * 512)
        let findings = search.search(ByteExtent(offset: 0, byteCount: 16 * 512)) { readable($0, bad) }
        #expect(findings.extents == [extent(3, 2), extent(9, 1)])
        #expect(findings.isComplete)
    }

    @Test func followsDamageBehindTheRead() {
        let bad = Set(14..<37)
        var search = DamageSearch(sectorByteCount: 512, byteCount: 64 * 512)
        search.stepByteCount = 8 * 512
        let findings = search.search(ByteExtent(offset: 0, byteCount: 16 * 512)) { readable($0, bad) }
        #expect(findings.extents == [extent(14, 23)])
    }

    @Test func stopsAtItsBounds() {
        var search = DamageSearch(sectorByteCount: 512, byteCount: 1_000 * 512)
        (search.forwardByteLimit, search.stepByteCount) = (16 * 512, 8 * 512)
        let findings = search.search(extent(0, 4)) { _ in false }
        #expect(findings == DamageSearch.Findings(extents: [extent(0, 20)], isComplete: false))
        search.timeLimit = .zero
        #expect(search.search(extent(0, 4)) { _ in false } == .init(extents: [extent(0, 4)], isComplete: false))
    }

    @Test func endsWithTheVolume() {
        let search = DamageSearch(sectorByteCount: 4_096, byteCount: 10_001)
        let findings = search.search(ByteExtent(offset: 0, byteCount: 10_001)) { $0.end <= 8_192 }
        #expect(findings == .init(extents: [ByteExtent(offset: 8_192, byteCount: 1_809)], isComplete: true))
    }

    @Test(arguments: 0..<20)
    func agreesWithTryingEverySector(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let bad = Set((0..<64).filter { _ in random.next() % 5 == 0 })
        let search = DamageSearch(sectorByteCount: 512, byteCount: 64 * 512)
        var expected: [ByteExtent] = []
        for sector in bad.sorted() { ByteExtent.append(extent(sector, 1), to: &expected) }
        #expect(search.search(extent(0, 64)) { readable($0, bad) }.extents == expected, "seed \(seed)")
    }

    private func extent(_ sector: Int, _ count: Int) -> ByteExtent {
        ByteExtent(offset: sector * 512, byteCount: count * 512)
    }

    private func readable(_ extent: ByteExtent, _ bad: Set<Int>) -> Bool {
        bad.isDisjoint(with: extent.offset / 512..<(extent.end + 511) / 512)
    }
}
