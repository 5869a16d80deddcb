import Testing

@testable import SnapConsistency

@Suite struct LVMReserve {
    private static let extent = 4 << 20
    private static let reserve = SnapshotReserve(volumeByteCount: 1 << 30, extentByteCount: extent)

    /// Asked for, free in the group, what it becomes; all in MiB. nil: refused.
    @Test(
        arguments: [
            (nil, 10_000, 208), (nil, 100, 100), (nil, 64, 64), (nil, 63, nil), (nil, 0, nil), (8, 10_000, 8),
            (5, 10_000, 8),
            (300, 200, nil), (100_000, 200_000, 1_032),
        ] as [(Int?, Int, Int?)])
    func sizes(asked: Int?, free: Int, becomes: Int?) {
        let byteCount: Int?
        do throws(ConsistencyError) {
            byteCount = try Self.reserve.initialByteCount(asked: asked.map { $0 << 20 }, free: free << 20, group: "vg")
        } catch {
            byteCount = nil
            #expect(error.code == .noReserve && error.explanation.contains("vgextend"))
        }
        #expect(byteCount == becomes.map { $0 << 20 })
    }

    /// A volume so small that all of it fits below the least reserve.
    @Test func ofASmallVolume() throws {
        let reserve = SnapshotReserve(volumeByteCount: 8 << 20, extentByteCount: Self.extent)
        let byteCount = try reserve.initialByteCount(asked: nil, free: 1 << 30, group: "vg")
        #expect(byteCount == reserve.greatestByteCount && byteCount == 12 << 20)
    }

    /// Used, there, free, by how much it is extended; all in MiB.
    @Test(
        arguments: [
            (70, 100, 1_000, nil), (71, 100, 1_000, 52), (71, 100, 20, 20), (71, 100, 3, nil),
            (1_000, 1_032, 1_000, nil),
            (1_000, 1_024, 1_000, 8), (3, 4, 1_000, 4),
        ] as [(Int, Int, Int, Int?)])
    func extensions(used: Int, byteCount: Int, free: Int, more: Int?) {
        let answer = Self.reserve.extensionByteCount(
            usedByteCount: used << 20, byteCount: byteCount << 20, free: free << 20)
        #expect(answer == more.map { $0 << 20 })
    }
}
