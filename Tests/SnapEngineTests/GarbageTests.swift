import SnapCatalogue
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapEngine

@Suite("Garbage")
struct GarbageTests {
    /// Three snapshots of one volume that share some blocks; of the middle one every pack has something.
    private func three(_ bench: Bench) throws -> (snapshots: [Snapshot], contents: [[UInt8]], volume: FilePath) {
        let engine = try bench.open()
        var numbers = Array(0..<18)
        let volume = try bench.directory.file("volume", NumberedBlocks.bytes(numbers))
        var (snapshots, contents): ([Snapshot], [[UInt8]]) = ([], [])
        for round in 0..<3 {
            contents.append(NumberedBlocks.bytes(numbers))
            try File.overwrite(volume, contents[round], at: 0)
            snapshots.append(try engine.create(volume))
            for place in round * 4..<round * 4 + 10 { numbers[place] = 100 * (round + 1) + place }
        }
        return (snapshots, contents, volume)
    }

    private func expectWhole(_ bench: Bench, _ snapshot: Snapshot, _ bytes: [UInt8], _ what: String = "") throws {
        let engine = try bench.open()
        let (isWhole, restored) = (
            try engine.isWhole(snapshot.id), try engine.bytes(of: snapshot.id, in: bench.directory)
        )
        #expect(isWhole && restored == bytes, "\(what)")
    }

    @Test func whatIsFreedIsWhatWasSaid() throws {
        try Bench.with { bench in
            let (snapshots, contents, _) = try three(bench)
            let engine = try bench.open()
            try engine.expectExactSizes()
            #expect(try engine.collectGarbage(deadShareLimit: 0).freed == BodyCount())
            for gone in [0, 1] {
                let said = try engine.sizes()[snapshots[gone].id]?.exclusiveByteCount
                #expect(said == (try engine.freedIfDeleted([snapshots[gone].id])))
                try engine.delete([snapshots[gone].id])
                let foretold = try engine.collectGarbage(dryRun: true, deadShareLimit: 0)
                let report = try engine.collectGarbage(deadShareLimit: 0)
                #expect(report.freed.byteCount == said && foretold.freed == report.freed)
                #expect(foretold.removedPackCount == report.removedPackCount && report.deferredPackCount == 0)
                #expect(foretold.rewrittenPackCount == report.rewrittenPackCount && foretold.copied == report.copied)
                try engine.expectExactSizes()
            }
            try expectWhole(bench, snapshots[2], contents[2])
            try bench.expectNoLeftovers()
            #expect(try engine.statistics().unneededByteCount == 0)
            try engine.delete([snapshots[2].id])
            let last = try engine.collectGarbage()
            #expect(last.needed.count == 0 && last.unneeded == last.freed && last.freedPackByteCount > 0)
            #expect(try engine.statistics().packByteCount == 0)
            try bench.expectNoLeftovers()
        }
    }

    @Test func theThresholdLeavesWhatIsMostlyNeeded() throws {
        try Bench.with { bench in
            let (snapshots, contents, _) = try three(bench)
            let engine = try bench.open()
            try engine.delete([snapshots[0].id])
            let kept = try engine.collectGarbage(deadShareLimit: 1)
            #expect(kept.rewrittenPackCount == 0 && kept.unneeded.byteCount > kept.freed.byteCount)
            let rest = try engine.collectGarbage(deadShareLimit: 0)
            #expect(rest.rewrittenPackCount > 0 && rest.freed == rest.unneeded && rest.copied.count > 0)
            for index in [1, 2] { try expectWhole(bench, snapshots[index], contents[index]) }
        }
    }

    @Test func aSecondCollectionIsRefused() throws {
        try Bench.with { bench in
            let engine = try bench.open()
            let lock = try FileLock.acquire(bench.configuration.root.appending("gc.lock"), .exclusive)
            #expect(engineError { _ = try engine.collectGarbage() }?.code == .collectionRunning)
            _ = consume lock
            _ = try engine.collectGarbage()
        }
    }

    @Test func nothingIsRemovedWhenAPageCannotBeRead() throws {
        try Bench.with { bench in
            let (snapshots, _, _) = try three(bench)
            let engine = try bench.open()
            try engine.delete([snapshots[0].id])
            guard let root = snapshots[2].image?.manifestRoot.digest else { return }
            let location = try #require(try engine.catalogue.locations(of: [root])[root])
            let pack = bench.configuration.storePath.appending(StoreLayout.key(of: location.pack).path)
            try File.overwrite(pack, [1, 2, 3], at: location.entry.offset + 20)
            let before = try engine.catalogue.packIDs()
            let error = engineError { _ = try bench.open().collectGarbage(deadShareLimit: 0) }
            #expect(error?.code == .dataDamaged)
            #expect(try engine.catalogue.packIDs() == before)
            #expect(try engine.isWhole(snapshots[1].id))
        }
    }

    // MARK: - Faults

    /// The nth call of the store fails; then all is looked at, and the next collection ends the work.
    @Test(arguments: [FaultMoment.before, .between, .after]) func ofTheStore(_ moment: FaultMoment) throws {
        try Bench.with { bench in
            let (snapshots, _, _) = try three(bench)
            try bench.open().delete([snapshots[0].id])
            let kept = [snapshots[1].id, snapshots[2].id]
            var number = 0
            while try hasFired(bench, failing: number, moment, kept) { number += 1 }
            print("gc, \(moment): \(number) calls failed")
            #expect(number >= (moment == .between ? 1 : 10))
        }
    }

    /// One round, on a copy of the root. False when the collection made fewer calls.
    private func hasFired(
        _ original: Bench, failing number: Int, _ moment: FaultMoment, _ kept: [SnapshotID]
    ) throws -> Bool {
        var bench = original
        bench.configuration.root = original.directory.appending("round")
        try Command.check("cp", "-a", original.configuration.root.string, bench.configuration.root.string)
        defer { _ = try? Command.run(["rm", "-rf", bench.configuration.root.string]) }
        let state = Mutex<(left: Int, fired: String?)>((number, nil))
        let engine = try bench.open { (call, key, now) throws(StoreError) in
            guard now == moment, !key.hasPrefix("store") else { return }
            let isNow = state.withLock { state in
                state.left -= 1
                if state.left == -1 { state.fired = "\(moment) \(call) of \(key)" }
                return state.left == -1
            }
            if isNow { throw StoreError(.failed, key, "\(call) of \(key) was made to fail") }
        }
        _ = engineError { _ = try engine.collectGarbage(deadShareLimit: 0) }
        guard let fired = state.withLock({ $0.fired }) else { return false }
        let after = try bench.open()
        for id in kept { #expect(try after.isWhole(id), "\(fired)") }
        _ = try after.collectGarbage(deadShareLimit: 0)
        for id in kept { #expect(try after.isWhole(id), "\(fired)") }
        #expect(try after.statistics().unneededByteCount == 0, "\(fired)")
        return true
    }

    /// Every kind of change that a collection makes to the catalogue fails.
    @Test(arguments: [
        "UPDATE OF distrust ON chunk", "UPDATE OF condemned ON pack", "UPDATE OF pack ON chunk", "DELETE ON chunk",
        "UPDATE OF retired ON pack", "DELETE ON pack", "INSERT ON pack", "INSERT ON distrust", "INSERT ON condemnation",
    ])
    func ofTheCatalogue(_ change: String) throws {
        try Bench.with { bench in
            let (snapshots, _, _) = try three(bench)
            try bench.open().delete([snapshots[0].id])
            try bench.sql("CREATE TRIGGER fault BEFORE \(change) BEGIN SELECT RAISE(ABORT, 'planned'); END")
            let error = engineError { _ = try bench.open().collectGarbage(deadShareLimit: 0) }
            #expect(error != nil, "the fault did not fire")
            try bench.sql("DROP TRIGGER fault")
            for index in [1, 2] { #expect(try bench.open().isWhole(snapshots[index].id), "\(change)") }
            _ = try bench.open().collectGarbage(deadShareLimit: 0)
            for index in [1, 2] { #expect(try bench.open().isWhole(snapshots[index].id), "\(change)") }
            #expect(try bench.open().statistics().unneededByteCount == 0)
        }
    }
}
