import SnapCatalogue
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapEngine

/// Chunks that lose their trust while somebody relies on them.
@Suite("Trust")
struct TrustTests {
    private static let block = BlockGeometry.byteCount

    private func isRecord(_ call: ObjectCall, _ key: String, _ moment: FaultMoment) -> Bool {
        call == .put && key.hasPrefix(StoreLayout.snapshotPrefix) && moment == .before
    }

    private func pack(_ engine: Engine, _ digest: Digest) throws -> PackID? {
        try engine.catalogue.locations(of: [digest])[digest]?.pack
    }

    @Test func aSuspectIsStoredAnew() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(5 * Self.block, seed: 1))
            let engine = try bench.open()
            let first = try engine.create(volume)
            let digest = try engine.digest(of: first, at: 3)
            let old = try pack(engine, digest)
            try engine.catalogue.markSuspect(digest, reason: "a test")
            let second = try engine.create(volume)
            #expect(second.image?.newByteCount == Self.block)
            #expect(try pack(engine, digest) != old)
            #expect(try engine.catalogue.trusted([digest]) == [digest])
            #expect(try engine.create(volume).image?.newByteCount == 0)
        }
    }

    @Test func aChunkThatIsDistrustedDuringTheRunIsStoredBeforeItsEnd() throws {
        try Bench.with { bench in
            let bytes = SeededRandom.bytes(5 * Self.block + 100, seed: 2)
            let volume = try bench.directory.file("volume", bytes)
            let first = try bench.open().create(volume)
            let doubts = Mutex<[Digest]>([])
            let catalogue = try bench.open().catalogue
            let digests = try [1, 5].map { try bench.open().digest(of: first, at: $0) }
            // As if a scrub in another process had found them, just when the record is written.
            let engine = try bench.open { (call, key, moment) throws(StoreError) in
                guard isRecord(call, key, moment) else { return }
                for digest in doubts.withLock({ list in
                    defer { list = [] }; return list
                }) {
                    _ = try? catalogue.markSuspect(digest, reason: "a test")
                }
            }
            let old = try digests.map { try pack(engine, $0) }
            doubts.withLock { $0 = digests }
            let second = try engine.create(volume)
            #expect(second.state == .completed)
            #expect(try engine.catalogue.trusted(digests) == Set(digests))
            for (digest, old) in zip(digests, old) { #expect(try pack(engine, digest) != old) }
            #expect(try engine.isWhole(second.id))
            #expect(try engine.isWhole(first.id))
            #expect(try engine.bytes(of: second.id, in: bench.directory) == bytes)
        }
    }

    @Test func aPageThatIsDistrustedDuringTheRun() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(3 * Self.block, seed: 3))
            let first = try bench.open().create(volume)
            let catalogue = try bench.open().catalogue
            guard let root = first.image?.manifestRoot else { return }
            let engine = try bench.open { (call, key, moment) throws(StoreError) in
                if isRecord(call, key, moment) { _ = try? catalogue.markSuspect(root.digest, reason: "a test") }
            }
            #expect(engineError { try engine.create(volume) }?.code == .storeDamaged)
            #expect(try bench.recordCount() == 1, "the record was taken back")
            #expect(try engine.snapshots([]).map(\.state) == [.error, .completed])
            let retry = try bench.open().create(volume)
            #expect(try engine.isWhole(retry.id))
            #expect(try engine.isWhole(first.id))
        }
    }

    @Test func aStoreThatKeepsFailingIsGivenUp() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(3 * Self.block, seed: 4))
            let first = try bench.open().create(volume)
            let catalogue = try bench.open().catalogue
            let digest = try bench.open().digest(of: first, at: 1)
            let attemptCount = Atomic(0)
            let engine = try bench.open { (call, key, moment) throws(StoreError) in
                guard isRecord(call, key, moment) else { return }
                attemptCount.add(1, ordering: .relaxed)
                _ = try? catalogue.markSuspect(digest, reason: "a test")
            }
            #expect(engineError { try engine.create(volume) }?.code == .storeDamaged)
            #expect(attemptCount.load(ordering: .relaxed) == 3)
            #expect(try bench.recordCount() == 1)
            #expect(try bench.unfinished().isEmpty)
        }
    }

    @Test func aBlockThatChangedBeforeItCouldBeStoredAgain() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(3 * Self.block, seed: 5))
            let first = try bench.open().create(volume)
            let catalogue = try bench.open().catalogue
            let digest = try bench.open().digest(of: first, at: 1)
            let engine = try bench.open { (call, key, moment) throws(StoreError) in
                guard isRecord(call, key, moment) else { return }
                _ = try? catalogue.markSuspect(digest, reason: "a test")
                try? File.overwrite(volume, [1, 2, 3], at: Self.block + 7)
            }
            #expect(engineError { try engine.create(volume, .none) }?.code == .volumeChanged)
            #expect(try bench.recordCount() == 1)
        }
    }
}
