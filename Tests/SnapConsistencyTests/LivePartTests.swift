import SnapModel
import SnapSystem
import SnapTestSupport
import SnapTracking
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

    @Test func zerosTakeNoRoom() throws {
        try ScratchDirectory.with { directory in
            // Nowhere to spill to.
            let overlay = try UnitOverlay(spillingInto: directory.appending("missing"))
            let buffer = try AlignedBuffer(byteCount: BlockGeometry.byteCount)
            buffer.clear(0..<4_096)
            for unit in 0..<100_000 { try overlay.keep(unit, buffer, at: 0) }
            #expect(overlay.unitCount == 100_000 && overlay.covers(BlockIndex(780)))
            buffer.store([UInt8](repeating: 7, count: 4_096), at: 4_096)
            try overlay.keep(1, buffer, at: 4_096)
            try overlay.keep(1, buffer, at: 0)
            try overlay.keep(2, buffer, at: 4_096)
            buffer.store([UInt8](repeating: 9, count: BlockGeometry.byteCount), at: 0)
            try overlay.lay(BlockIndex(0), over: buffer, at: 0)
            let bytes = buffer.copyBytes(0..<BlockGeometry.byteCount)
            #expect(bytes[..<8_192].allSatisfy { $0 == 0 } && bytes[8_192..<12_288].allSatisfy { $0 == 7 })
            #expect(bytes[12_288...].allSatisfy { $0 == 0 })
        }
    }

    @Test(arguments: 1...20)
    func unitsOfABlockAreAsInADictionary(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var (units, expected): (BlockUnits, [Int: BlockUnits.Contents]) = (BlockUnits(), [:])
        var slots: [Int: UInt32] = [:]
        for round in 0..<400 {
            let place = Int.random(in: 0..<128, using: &random)
            if Bool.random(using: &random) {
                units.keepZeros(place)
                expected[place] = .zeros
            } else {
                let known = units.keepInSlot(place)
                #expect(known == slots[place])
                if known == nil { units.keep(place, inSlot: UInt32(round)) }
                slots[place] = known ?? UInt32(round)
                expected[place] = slots[place].map { .slot($0) }
            }
        }
        #expect(units.count == expected.count && (0..<128).allSatisfy { units.contains($0) == (expected[$0] != nil) })
        #expect(Dictionary(uniqueKeysWithValues: units.contents.map { ($0.place, $0.contents) }) == expected)
        #expect(units.contents.map(\.place) == expected.keys.sorted())
    }

    @Test func aPaceThatIsNotKnownIsThatOfADiskThatSeeks() {
        var pace = ReadPace()
        var count = MarkCount()
        (count.unitCount, count.runCount) = (100_000, 100_000)
        #expect(pace.estimate(count) > 100 && pace.requestCount(within: 1) == 200)
        // Too few to tell anything.
        pace.note(4, 4, seconds: 0.000_1)
        #expect(pace.requestCount(within: 1) == 200)
        pace.note(1_000, 1_000, seconds: 0.01)
        #expect(abs(pace.estimate(count) - 1) < 0.01 && pace.requestCount(within: 1) > 99_000)
    }

    @Test func aFreezeInVainIsTriedAgain() {
        func answers(_ areHeldUp: Bool, _ codes: [ConsistencyError.Code]) -> [Bool] {
            var retries = SettleRetries(areHeldUp: areHeldUp)
            return codes.map { retries.allow(ConsistencyError($0, "")) }
        }
        #expect(answers(false, [.marksLost, .alreadyFrozen, .imageDiffers, .cancelled]) == [true, true, false, false])
        // Writers were held up three times by then.
        #expect(answers(false, [.freezeExpired, .freezeExpired, .freezeExpired]) == [true, true, false])
        #expect(answers(true, [.freezeExpired, .alreadyFrozen, .marksLost]) == [false, false, true])
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
