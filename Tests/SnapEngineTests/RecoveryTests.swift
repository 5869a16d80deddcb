import SnapCatalogue
import SnapCodec
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

/// What the next to open a root makes of what a dead worker left.
@Suite("Recovery")
struct RecoveryTests {
    private static let dead = ProcessIdentity("4194303-1-000000000000")

    /// Records a copy of a completed snapshot as pending, carried on by a process that is no more.
    private func recordDead(_ engine: Engine, _ snapshot: Snapshot, withRecord: Bool) throws -> SnapshotID {
        guard let dead = Self.dead else { throw Command.Failure(description: "no identity") }
        var copy = snapshot
        copy.id = .random()
        if withRecord { try engine.store.write(SnapshotRecord(copy)) }
        copy.state = .pending
        copy.image = nil
        copy.completionTime = nil
        try engine.catalogue.insert([copy], worker: dead, request: "")
        return copy.id
    }

    @Test func aRecordThatWasWrittenCompletes() throws {
        try Bench.with { bench in
            let bytes = SeededRandom.bytes(3 << 20 + 1, seed: 1)
            let volume = try bench.directory.file("volume", bytes)
            let engine = try bench.open()
            let snapshot = try engine.create(volume)
            let id = try recordDead(engine, snapshot, withRecord: true)
            let next = try bench.open()
            let recovered = try next.snapshots([id])[0]
            #expect(recovered.state == .completed && recovered.image == snapshot.image)
            #expect(recovered.completionTime == snapshot.completionTime)
            #expect(try next.bytes(of: id, in: bench.directory) == bytes)
        }
    }

    @Test func aRecordWhoseChunksAreNotThere() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(3 << 20, seed: 2))
            let engine = try bench.open()
            let snapshot = try engine.create(volume)
            try engine.catalogue.markSuspect(try engine.digest(of: snapshot, at: 2), reason: "a test")
            let id = try recordDead(engine, snapshot, withRecord: true)
            let recovered = try bench.open().snapshots([id])[0]
            #expect(recovered.state == .error && recovered.stateMessage?.contains("process 4194303") == true)
            #expect(try bench.recordCount() == 1, "a rebuild would bring it back")
        }
    }

    /// A disk that is full, or may not be written to, is when one wants to list and restore.
    @Test func whoeverReadsCanDoWithout() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(1 << 20, seed: 9))
            let engine = try bench.open()
            let snapshot = try engine.create(volume)
            let id = try recordDead(engine, snapshot, withRecord: true)
            let full = FaultyObjectStore(bench.configuration.storePath) { (call, key, _) throws(StoreError) in
                if call == .makeNamesDurable || call == .removeLeftovers || call == .put {
                    throw StoreError(.noSpace, key, "no space is left")
                }
            }
            let reader = try Engine.open(bench.configuration, over: full, creating: false)
            #expect(try reader.snapshots([id])[0].state == .pending)
            #expect(try reader.verify(snapshot.id).damaged.isEmpty)
            #expect(throws: EngineError.self) { try Engine.open(bench.configuration, over: full, creating: true) }
        }
    }

    /// Until it is known what the snapshots of a rebuilt catalogue miss, their blocks are not taken for stored.
    @Test func aRebuildThatWasNotJudgedProvesNothing() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(2 << 20, seed: 10))
            let snapshot = try bench.open().create(volume)
            let store = try bench.open().store
            let reader = PackReader(store.objects)
            let packs = try store.packIDs().map { try reader.list($0) }
            // The pack of the blocks is lost, and the rebuild ends before it has judged.
            for pack in packs where pack.kind == .blocks { try store.objects.delete(StoreLayout.key(of: pack.id)) }
            try Catalogue.rebuild(at: bench.configuration.cataloguePath, store: store.id) { filler in
                for pack in packs where pack.kind == .pages { try filler.add(pack) }
                try filler.add(try store.record(of: snapshot.id).snapshot)
            }
            let engine = try bench.open()
            let next = try engine.create(volume)
            #expect(next.image?.newByteCount == 2 << 20, "all of it is stored again")
            #expect(try engine.verify(next.id).damaged.isEmpty)
            #expect(try engine.verify(snapshot.id).damaged.isEmpty, "and the old snapshot is whole again")
        }
    }

    @Test func aRebuildEndsAtWhatIsNoDamage() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(1 << 20, seed: 11))
            let snapshot = try bench.open().create(volume)
            let path = bench.configuration.storePath.appending(StoreLayout.key(of: snapshot.id).path)
            let record = try File.readText(path)
            let later = record.replacing("\"FormatVersion\" : 3", with: "\"FormatVersion\" : 9")
            try AtomicFile.write(Array(later.utf8), to: path)
            #expect { try bench.rebuild() } throws: { ($0 as? EngineError)?.code == .fromTheFuture }
            #expect(try bench.open().snapshots([]).count == 1, "the old catalogue is as it was")
        }
    }

    @Test func withoutARecordItIsAnError() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(1 << 20, seed: 3))
            let engine = try bench.open()
            let id = try recordDead(engine, try engine.create(volume), withRecord: false)
            #expect(try bench.open().snapshots([id])[0].state == .error)
            // Once told, it is not told again.
            #expect(try bench.open().snapshots([]).map(\.state).filter { $0 == .error }.count == 1)
        }
    }

    @Test func aLivingWorkerIsLeftAlone() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(1 << 20, seed: 4))
            let engine = try bench.open()
            var seen: [SnapshotState] = []
            try engine.create(volume) { pending in
                seen = (try? bench.open().snapshots([pending.id]).map(\.state)) ?? []
            }
            #expect(seen == [.pending])
        }
    }

    @Test func publishedPacksAreAdopted() throws {
        try Bench.with { bench in
            let bytes = SeededRandom.bytes(4 * BlockGeometry.byteCount, seed: 5)
            let volume = try bench.directory.file("volume", bytes)
            let engine = try bench.open()
            let other = try engine.create(try bench.directory.file("other", [1, 2, 3]))
            // Durable under their names, but nobody told the catalogue.
            try publish(bytes, in: engine.store)
            let leftover = bench.configuration.storePath.appending(
                "packs/00/left.pack.tmp-4194303-1-000000000000"
            )
            try Directory.create(leftover.removingLastComponent())
            _ = try ScratchDirectory.sparseFile(at: leftover, byteCount: 10)
            _ = try recordDead(engine, other, withRecord: false)
            let next = try bench.open()
            #expect(!File.exists(leftover))
            let snapshot = try next.create(volume)
            #expect(snapshot.image?.newByteCount == 0, "they are not stored again")
            #expect(try next.bytes(of: snapshot.id, in: bench.directory) == bytes)
        }
    }

    @Test func aPackThatCannotBeReadIsNotAdopted() throws {
        try Bench.with { bench in
            let bytes = SeededRandom.bytes(4 * BlockGeometry.byteCount, seed: 6)
            let volume = try bench.directory.file("volume", bytes)
            let engine = try bench.open()
            let other = try engine.create(try bench.directory.file("other", [1, 2, 3]))
            let pack = try publish(bytes, in: engine.store)
            let path = bench.configuration.storePath.appending(StoreLayout.key(of: pack.id).path)
            try File.overwrite(path, [UInt8](repeating: 0xff, count: 4096), at: pack.byteCount - 4096)
            _ = try recordDead(engine, other, withRecord: false)
            let snapshot = try bench.open().create(volume)
            #expect(snapshot.image?.newByteCount == bytes.count)
            #expect(try engine.isWhole(snapshot.id))
        }
    }

    /// A pack with the blocks of `bytes`, as a worker would leave it that dies before it commits.
    @discardableResult
    private func publish(_ bytes: [UInt8], in store: Store) throws -> SealedPack {
        let hasher = BlockHasher()
        let plain = try AlignedBuffer(byteCount: bytes.count)
        plain.store(bytes, at: 0)
        var segment = PackSegment(buffer: try AlignedBuffer(byteCount: PackSegment.bufferByteCount))
        for start in stride(from: 0, to: bytes.count, by: BlockGeometry.byteCount) {
            let range = start..<start + BlockGeometry.byteCount
            segment.append(hasher.digest(of: plain, range: range), plain, range: range)
        }
        var writer = try PackWriter(
            .make(at: .now()),
            kind: .blocks,
            in: store.objects,
            targetByteCount: 4 << 20
        )
        try writer.append(segment)
        return try store.publish([try writer.finish()])[0]
    }
}
