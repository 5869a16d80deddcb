import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapConsistency

@Suite struct LiveParts {
    @Test func passesGoOnWhileTheyAreOfUse() {
        var trend = Trend(budget: 0.5)
        #expect(trend.judge(10_000, 1) == .goOn)
        #expect(trend.judge(4_000, 0.4) == .goOn)
        // Little is left: at once.
        #expect(trend.judge(100, 0.01) == .isEnough)
    }

    @Test func passesWithoutProgressEndWithinTheBudget() {
        var trend = Trend(budget: 0.5)
        let verdicts = [1_000, 950, 1_100, 900, 990].map { trend.judge($0, 0.3) }
        #expect(verdicts == [.goOn, .goOn, .goOn, .goOn, .isEnough])
    }

    @Test func passesWithoutProgressAreOfNoUseBeyondIt() {
        var trend = Trend(budget: 0.1)
        let verdicts = (0..<10).map { _ in trend.judge(1_000, 0.3) }
        #expect(verdicts[4] == .isNoUse && verdicts[8] == .isNoUse)
        #expect(verdicts.filter { $0 == .isNoUse }.count == 2)
    }

    @Test func laterBytesOfAUnitReplaceTheFormer() throws {
        try ScratchDirectory.with { directory in
            let overlay = try UnitOverlay(spillingInto: directory.path)
            let buffer = try AlignedBuffer(byteCount: BlockGeometry.byteCount)
            for value in [1, 2] as [UInt8] {
                buffer.store([UInt8](repeating: value, count: 4_096), at: 4_096)
                try overlay.keep(129, buffer, at: 4_096)
            }
            #expect(overlay.unitCount == 1 && overlay.contains(129) && !overlay.contains(128))
            #expect(overlay.blocks(in: 0..<10) == [BlockIndex(1)] && overlay.blocks(in: 2..<10) == [])
            buffer.clear(0..<BlockGeometry.byteCount)
            try overlay.lay(BlockIndex(1), over: buffer, at: 0)
            #expect(buffer.copyBytes(4_096..<8_192).allSatisfy { $0 == 2 })
            #expect(buffer.copyBytes(0..<4_096).allSatisfy { $0 == 0 })
            #expect(!overlay.covers(BlockIndex(1)))
        }
    }

    /// More than memory was reserved for goes to a file, which nobody finds.
    @Test func whatIsMuchIsSpilled() throws {
        try ScratchDirectory.with { directory in
            let overlay = try UnitOverlay(spillingInto: directory.path)
            let buffer = try AlignedBuffer(byteCount: BlockGeometry.byteCount)
            let count = 17_000
            for unit in 0..<count {
                buffer.store(withUnsafeBytes(of: unit) { Array($0) }, at: 0)
                try overlay.keep(unit, buffer, at: 0)
            }
            #expect(overlay.unitCount == count && overlay.covers(BlockIndex(130)))
            #expect(try Directory.names(in: directory.path) == [])
            for block in [0, 127, 128, 130] {
                try overlay.lay(BlockIndex(block), over: buffer, at: 0)
                for place in 0..<UnitOverlay.unitsPerBlock {
                    let bytes = buffer.copyBytes(place * 4_096..<place * 4_096 + 8)
                    #expect(bytes == withUnsafeBytes(of: block * 128 + place) { Array($0) })
                }
            }
        }
    }
}
