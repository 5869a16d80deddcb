import SnapCatalogue
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapEngine

/// Collections at the worst moments of others, and the other way round.
@Suite("Garbage beside others")
struct GarbageRaceTests {
    private static let block = BlockGeometry.byteCount

    /// A volume whose only snapshot is deleted, so that all its chunks are of no use, and nobody has condemned them.
    private func deleted(_ bench: Bench) throws -> (volume: FilePath, bytes: [UInt8]) {
        let bytes = NumberedBlocks.bytes(0..<12)
        let volume = try bench.directory.file("volume", bytes)
        let engine = try bench.open()
        try engine.delete([try engine.create(volume).id])
        return (volume, bytes)
    }

    private func expectHolds(_ bench: Bench, _ id: SnapshotID, _ bytes: [UInt8]) throws {
        let engine = try bench.open()
        let (isWhole, restored) = (try engine.isWhole(id), try engine.bytes(of: id, in: bench.directory))
        #expect(isWhole && restored == bytes)
    }

    /// An engine that runs `act` once, before the `number`th call that `matches`.
    private func engine(
        _ bench: Bench, at number: Int = 0, _ matches: @escaping @Sendable (ObjectCall, String) -> Bool,
        _ act: @escaping @Sendable () -> Void
    ) throws -> (Engine, hasFired: @Sendable () -> Bool) {
        let left = Atomic(number)
        let shared = Shared(left)
        let engine = try bench.open { (call, key, moment) throws(StoreError) in
            guard moment == .before, matches(call, key) else { return }
            if shared.take() { act() }
        }
        return (engine, { shared.hasFired })
    }

    private final class Shared: Sendable {
        private let left: Mutex<Int>
        init(_ left: consuming Atomic<Int>) { self.left = Mutex(left.load(ordering: .relaxed)) }
        func take() -> Bool {
            left.withLock { left in
                left -= 1; return left == -1
            }
        }
        var hasFired: Bool { left.withLock { $0 < 0 } }
    }

    private func collect(_ bench: Bench, grace: Duration = GarbageCollection.grace) throws -> GarbageReport {
        try GarbageCollection(
            try bench.open(), deadShareLimit: 0, progress: TransferProgress(), cancellation: CancellationFlag(),
            grace: grace
        ).run(dryRun: false)
    }

    @Test func aSnapshotThatIsAboutToCompleteKeepsWhatIsCondemned() throws {
        try Bench.with { bench in
            let (volume, bytes) = try deleted(bench)
            let report = Mutex<GarbageReport?>(nil)
            let (creator, _) = try engine(
                bench, { $0 == .put && $1.hasPrefix(StoreLayout.snapshotPrefix) },
                { report.withLock { $0 = try? collect(bench) } })
            let snapshot = try creator.create(volume)
            let found = try #require(report.withLock { $0 })
            #expect(found.deferredPackCount > 0 && found.freed.count == 0)
            #expect(snapshot.image?.newByteCount == 0, "all was there")
            try expectHolds(bench, snapshot.id, bytes)
            #expect(try collect(bench).freed.count == 0)
            try expectHolds(bench, snapshot.id, bytes)
        }
    }

    /// Even if a collection does not wait for it.
    @Test func whatIsRemovedUnderASnapshotIsStoredAgain() throws {
        try Bench.with { bench in
            var (volume, bytes) = try deleted(bench)
            // Other pages, most of the chunks the same.
            bytes.replaceSubrange(0..<9, with: SeededRandom.bytes(9, seed: 9))
            try File.overwrite(volume, Array(bytes.prefix(9)), at: 0)
            let report = Mutex<GarbageReport?>(nil)
            let (creator, _) = try engine(
                bench, { $0 == .put && $1.hasPrefix(StoreLayout.snapshotPrefix) },
                { report.withLock { $0 = try? collect(bench, grace: .seconds(-60)) } })
            let snapshot = try creator.create(volume)
            #expect(try #require(report.withLock { $0 }).freed.count > 0)
            try expectHolds(bench, snapshot.id, bytes)
        }
    }

    @Test func pagesThatAreRemovedUnderASnapshotEndIt() throws {
        try Bench.with { bench in
            let (volume, bytes) = try deleted(bench)
            let (creator, hasFired) = try engine(
                bench, { $0 == .put && $1.hasPrefix(StoreLayout.snapshotPrefix) },
                { _ = try? collect(bench, grace: .seconds(-60)) })
            #expect(engineError { try creator.create(volume) }?.code == .storeDamaged)
            #expect(hasFired())
            let again = try bench.open().create(volume)
            try expectHolds(bench, again.id, bytes)
        }
    }

    /// Before each call that a collection makes, a snapshot is taken that needs what is to go.
    @Test func aSnapshotThatCompletesMeanwhileKeepsItsChunks() throws {
        var number = 0
        while true {
            let hasFired = try Bench.with { bench in
                let (volume, bytes) = try deleted(bench)
                let made = Mutex<Snapshot?>(nil)
                let (collector, hasFired) = try engine(
                    bench, at: number, { call, _ in call != .get },
                    { made.withLock { $0 = try? bench.open().create(volume) } })
                _ = try collector.collectGarbage(deadShareLimit: 0)
                guard hasFired() else { return false }
                let snapshot = try #require(made.withLock { $0 })
                try expectHolds(bench, snapshot.id, bytes)
                _ = try collect(bench)
                try expectHolds(bench, snapshot.id, bytes)
                return true
            }
            guard hasFired else { break }
            number += 1
        }
        print("gc with a create before each of \(number) calls")
        #expect(number >= 5)
    }

    /// Before each read of a restore, all packs are rewritten.
    @Test func aRestoreFindsWhatMoved() throws {
        var number = 0
        while true {
            let hasFired = try Bench.with { bench in
                let bytes = NumberedBlocks.bytes(0..<20)
                let volume = try bench.directory.file("volume", bytes)
                let first = try bench.open().create(volume)
                try File.overwrite(volume, NumberedBlocks.bytes([106]), at: 3 * Self.block)
                try File.overwrite(volume, NumberedBlocks.bytes([108]), at: 14 * Self.block)
                try File.overwrite(volume, NumberedBlocks.bytes([109]), at: 18 * Self.block)
                let second = try bench.open().create(volume)
                let expected = try File.read(volume, upTo: .max)
                try bench.open().delete([first.id])
                let report = Mutex<GarbageReport?>(nil)
                let (reader, hasFired) = try engine(
                    bench, at: number, { call, _ in call == .read },
                    { report.withLock { $0 = try? collect(bench) } })
                let restored = try reader.bytes(of: second.id, in: bench.directory)
                #expect(restored == expected)
                guard hasFired() else { return false }
                #expect(try #require(report.withLock { $0 }).rewrittenPackCount > 0)
                #expect(try reader.catalogue.statistics().distrustedChunkCount == 0)
                return true
            }
            guard hasFired else { break }
            number += 1
        }
        print("restores with gc before each of \(number) reads")
        #expect(number >= 4)
    }

    /// A page that could not be read once tells what it names the next time: it may have been stored anew meanwhile.
    @Test func aPageThatCouldNotBeReadIsAskedAgain() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let isFailing = Mutex(false)
            let flaky = try bench.open { (call, key, moment) throws(StoreError) in
                guard call == .read, moment == .before, isFailing.withLock({ $0 }) else { return }
                throw StoreError(.unreadable, key, "\(key) was made unreadable")
            }
            let taken = try #require(snapshot.image)
            let manifest = try flaky.manifest(taken)
            let leaf = try #require(manifest.root.top)
            let chunk = try flaky.digest(of: snapshot, at: 1)
            let needed = NeededChunks(pages: flaky.pages)
            isFailing.withLock { $0 = true }
            try needed.add(leaf: leaf)
            let image = KeptImage(snapshot: snapshot.id, root: taken.manifestRoot)
            #expect(engineError { try needed.add(image) }?.code == .dataDamaged)
            isFailing.withLock { $0 = false }
            #expect(!needed.contains(chunk))
            try needed.add(image)
            #expect(needed.contains(chunk) && needed.snapshots == [snapshot.id])
        }
    }

    /// While a process takes in what a dead one had published, a collection of another may take it in and remove it.
    @Test func whatIsTakenInIsStillThere() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let digest = try #require(Digest(bytes: SeededRandom.bytes(32, seed: 1)))
            let orphan = try bench.publish(digest, at: Timestamp.now().earlier(by: .seconds(7_200)))
            let reads = Mutex(0)
            let late = try bench.open { (call, key, moment) throws(StoreError) in
                guard call == .read, moment == .after, key.contains(orphan.description) else { return }
                // Header, trailer, footer: then it is known what is in it.
                guard
                    reads.withLock({
                        $0 += 1; return $0 == 3
                    })
                else { return }
                _ = try? collect(bench)
            }
            try late.adoptPacks()
            let isThere = try engine.store.packIDs().contains(orphan)
            #expect(reads.withLock { $0 } >= 3 && !isThere)
            #expect(try late.catalogue.trusted([digest]).isEmpty)
            // What is left of it goes with the next.
            _ = try collect(bench)
            #expect(try !late.catalogue.contains(pack: orphan) && engine.isWhole(snapshot.id))
        }
    }
}
