import SnapCatalogue
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapEngine

/// `ImageReader` over a store with damage.
@Suite("Reading a damaged image")
struct DamageTests {
    private static let block = BlockGeometry.byteCount
    private static let blockCount = 41

    /// Blocks 7, 8 and 30 are equal, 12 to 14 are zero, the last is short.
    private func contents() -> [UInt8] {
        var bytes = SeededRandom.bytes((Self.blockCount - 1) * Self.block + 1_000, seed: 1)
        for copy in [8, 30] {
            for place in 0..<Self.block { bytes[copy * Self.block + place] = bytes[7 * Self.block + place] }
        }
        for place in 12 * Self.block..<15 * Self.block { bytes[place] = 0 }
        return bytes
    }

    private func with(_ body: (Bench, Engine, Snapshot, [UInt8]) throws -> Void) throws {
        try Bench.with { bench in
            let bytes = contents()
            let engine = try bench.open()
            try body(bench, engine, try engine.create(try bench.directory.file("volume", bytes)), bytes)
        }
    }

    private func damage(_ bench: Bench, _ engine: Engine, _ snapshot: Snapshot, block: Int, at place: Int)
        throws -> Digest
    {
        let digest = try engine.digest(of: snapshot, at: block)
        guard let location = try engine.catalogue.locations(of: [digest])[digest] else { return digest }
        let path = bench.configuration.storePath.appending(StoreLayout.key(of: location.pack).path)
        let offset = location.entry.offset + place % location.entry.storedByteCount
        let byte = try File.bytes(of: path, 1, at: offset)
        try File.overwrite(path, [byte[0] ^ 0x80], at: offset)
        return digest
    }

    private func extent(_ block: Int, _ count: Int = 1) -> ByteExtent {
        let end = min((block + count) * Self.block, (Self.blockCount - 1) * Self.block + 1_000)
        return ByteExtent(offset: block * Self.block, byteCount: end - block * Self.block)
    }

    @Test func namesEveryBlockOfEveryChunk() throws {
        try with { bench, engine, snapshot, bytes in
            var digests: Set<Digest> = []
            for (block, place) in [(8, 0), (20, Self.block - 1), (21, 99), (40, 5)] {
                digests.insert(try damage(bench, engine, snapshot, block: block, at: place))
            }
            let expected = [extent(7, 2), extent(20, 2), extent(30), extent(40)]
            let outcome = try engine.verify(snapshot.id)
            #expect(outcome.damaged == expected && outcome.explanations.count == 4)
            #expect(outcome.checkedByteCount == (Self.blockCount - 3 - 6) * Self.block)
            #expect(try engine.catalogue.distrustedDigests(limit: 100) == digests)

            let target = bench.directory.appending("target")
            #expect(engineError { try engine.restore(snapshot.id, to: target) }?.code == .dataDamaged)
            #expect(!File.exists(target))
            let restored = try engine.restore(snapshot.id, to: target, keepGoing: true)
            #expect(restored.damaged == expected && restored.checkedByteCount == outcome.checkedByteCount)
            var rest = bytes
            for extent in expected { for place in extent.offset..<extent.end { rest[place] = 0 } }
            #expect(try File.read(target, upTo: .max) == rest)
            // And with the volume still at hand, all is mended.
            #expect(
                try engine.create(bench.directory.appending("volume")).image?.newByteCount == 4 * Self.block
            )
            #expect(try engine.isWhole(snapshot.id))
        }
    }

    @Test func aPackThatIsGone() throws {
        try with { bench, engine, snapshot, _ in
            let digest = try engine.digest(of: snapshot, at: 20)
            guard let pack = try engine.catalogue.locations(of: [digest])[digest]?.pack else { return }
            var lost: [Int] = []
            for block in 0..<Self.blockCount where !(12..<15).contains(block) {
                let digest = try engine.digest(of: snapshot, at: block)
                if try engine.catalogue.locations(of: [digest])[digest]?.pack == pack { lost.append(block) }
            }
            #expect(lost.count > 1 && lost.count < 38)
            try File.remove(bench.configuration.storePath.appending(StoreLayout.key(of: pack).path))
            // An engine that has no files open.
            let outcome = try bench.open().verify(snapshot.id)
            #expect(outcome.damaged == ImageReader.joined(lost.map { extent($0) }))
        }
    }

    /// A sparse volume of three leaves, with a block in the first two and in the last.
    private func withLeaves(_ body: (Bench, Engine, Snapshot, [PageID]) throws -> Void) throws {
        try Bench.with { bench in
            let volume = try bench.directory.sparseFile("volume", byteCount: 2_100 * Self.block + 1_000)
            for index in [3, 1_024, 2_099] {
                let bytes = SeededRandom.bytes(Self.block, seed: UInt64(index))
                try File.overwrite(volume, bytes, at: index * Self.block)
            }
            let engine = try bench.open()
            let snapshot = try engine.create(volume)
            let image = try #require(snapshot.image)
            let top = try #require(engine.manifest(image).root.top)
            let leaves = try ManifestPage(decoding: engine.pages.page(top)).entries.map { PageID($0.digest) }
            #expect(leaves.count == 3)
            try body(bench, engine, snapshot, leaves)
        }
    }

    private func damage(_ bench: Bench, _ engine: Engine, _ page: PageID) throws {
        let location = try #require(try engine.catalogue.locations(of: [page.digest])[page.digest])
        let path = bench.configuration.storePath.appending(StoreLayout.key(of: location.pack).path)
        let byte = try File.bytes(of: path, 1, at: location.entry.offset)
        try File.overwrite(path, [byte[0] ^ 0x80], at: location.entry.offset)
    }

    @Test func aLeafThatIsDamagedHidesOnlyItsOwnBlocks() throws {
        try withLeaves { bench, engine, snapshot, leaves in
            let volume = bench.directory.appending("volume")
            let expected = [ByteExtent(offset: 1_024 * Self.block, byteCount: 1_024 * Self.block)]
            try damage(bench, engine, leaves[1])
            let progress = TransferProgress()
            let outcome = try engine.verify(
                snapshot.id,
                against: volume,
                consistency: .exclusive,
                progress: progress,
                cancellation: CancellationFlag()
            )
            #expect(outcome.damaged == expected && outcome.explanations.count == 1)
            #expect(outcome.checkedByteCount == 2 * Self.block && outcome.differing.isEmpty)
            #expect(progress.processedByteCount == snapshot.volumeByteCount)

            let target = bench.directory.appending("target")
            #expect(engineError { try engine.restore(snapshot.id, to: target) }?.code == .dataDamaged)
            let restored = try engine.restore(snapshot.id, to: target, keepGoing: true)
            #expect(restored.damaged == expected && restored.checkedByteCount == 2 * Self.block)
            #expect(
                try engine.verify(snapshot.id, against: target).differing.isEmpty,
                "all that is known was written"
            )
            try File.overwrite(
                volume,
                [UInt8](repeating: 0, count: Self.block),
                at: 1_024 * Self.block
            )
            try Command.check("cmp", volume.string, target.string)
        }
    }

    /// The end of the volume cuts the last span.
    @Test func pagesThatAreDamagedTogetherAreOneExtent() throws {
        try withLeaves { bench, engine, snapshot, leaves in
            for leaf in leaves[1...] { try damage(bench, engine, leaf) }
            let outcome = try engine.verify(snapshot.id)
            let start = 1_024 * Self.block
            #expect(
                outcome.damaged == [ByteExtent(offset: start, byteCount: snapshot.volumeByteCount - start)]
            )
            #expect(outcome.explanations.count == 2 && outcome.checkedByteCount == Self.block)
        }
    }

    @Test func chunksOfLaterLeavesAreStillAskedFor() throws {
        try withLeaves { bench, engine, snapshot, leaves in
            let image = try #require(snapshot.image)
            try engine.catalogue.markSuspect(try engine.digest(of: snapshot, at: 2_099), reason: "a test")
            #expect(try engine.judge(image) == Judgement(missingChunkCount: 1))
            for leaf in leaves[..<2] { try damage(bench, engine, leaf) }
            #expect(try engine.judge(image) == Judgement(missingChunkCount: 1, hiddenPageCount: 2))
        }
    }

    /// What cannot be reached now is not lost: nothing is reported as damage, nothing is marked.
    @Test(arguments: [Errno.permissionDenied, .tooManyOpenFiles, .ioError])
    func onlyAFailingMediumIsDamage(errno: Errno) throws {
        try with { bench, engine, snapshot, _ in
            let digest = try engine.digest(of: snapshot, at: 20)
            let location = try #require(try engine.catalogue.locations(of: [digest])[digest])
            let key = StoreLayout.key(of: location.pack).path
            let next = try bench.open { (call, path, moment) throws(StoreError) in
                guard call == .read, path == key, moment == .before else { return }
                throw StoreError(SystemError("read", path, errno))
            }
            if errno == .ioError {
                #expect(try !next.verify(snapshot.id).damaged.isEmpty)
                #expect(try next.catalogue.trusted([digest]).isEmpty)
                return
            }
            let expected: EngineError.Code = errno == .permissionDenied ? .permissionDenied : .failed
            #expect(engineError { _ = try next.verify(snapshot.id) }?.code == expected)
            let target = bench.directory.appending("target")
            let restoring = engineError { try next.restore(snapshot.id, to: target, keepGoing: true) }
            #expect(restoring?.code == expected)
            #expect(try next.catalogue.distrustedDigests(limit: 10) == [])
        }
    }

    @Test(arguments: [Errno.permissionDenied, .ioError]) func pagesThatCannotBeReached(errno: Errno) throws {
        try withLeaves { bench, engine, snapshot, leaves in
            let id = leaves[1].digest
            let location = try #require(try engine.catalogue.locations(of: [id])[id])
            let reads = Mutex(0)
            let next = try bench.open { (call, path, moment) throws(StoreError) in
                guard call == .read, path == StoreLayout.key(of: location.pack).path, moment == .before else { return }
                // The root, the topmost page, the first leaf, and then this one.
                let isIt = reads.withLock { reads in
                    reads += 1
                    return reads == 4
                }
                if isIt { throw StoreError(SystemError("read", path, errno)) }
            }
            if errno == .ioError {
                let start = 1_024 * Self.block
                #expect(
                    try next.verify(snapshot.id).damaged == [ByteExtent(offset: start, byteCount: start)])
                #expect(try next.catalogue.distrustedDigests(limit: 10) == [id])
            } else {
                #expect(engineError { _ = try next.verify(snapshot.id) }?.code == .permissionDenied)
                #expect(try next.catalogue.distrustedDigests(limit: 10) == [])
            }
        }
    }

    /// The catalogue does not even name the chunk: one that was rebuilt while its pack was away.
    @Test func aChunkThatTheIndexDoesNotKnow() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", contents())
            let snapshot = try forgetThePack(bench, of: 20, in: volume)
            let engine = try bench.open()
            #expect(try engine.catalogue.distrustedDigests(limit: 100) == [])
            #expect(try !engine.isWhole(snapshot.id))
            #expect(try engine.catalogue.distrustedDigests(limit: 100)?.isEmpty == false)
            let next = try engine.create(volume)
            #expect(next.image?.newByteCount ?? 0 >= Self.block)
            #expect(try engine.isWhole(snapshot.id) && engine.isWhole(next.id))
        }
    }

    private func forgetThePack(_ bench: Bench, of block: Int, in volume: FilePath) throws -> Snapshot {
        let (store, packs, snapshot) = try packsWithoutThat(bench, of: block, in: volume)
        // The engine is gone, so that nobody has the catalogue open.
        try Catalogue.rebuild(at: bench.configuration.cataloguePath, store: store) { filler in
            for pack in packs { try filler.add(pack) }
            try filler.add(snapshot)
        }
        return snapshot
    }

    private func packsWithoutThat(
        _ bench: Bench,
        of block: Int,
        in volume: FilePath
    ) throws -> (StoreID, [SealedPack], Snapshot) {
        let engine = try bench.open()
        let snapshot = try engine.create(volume)
        let digest = try engine.digest(of: snapshot, at: block)
        let lost = try engine.catalogue.locations(of: [digest])[digest]?.pack
        let packs = try engine.store.packIDs().filter { $0 != lost }.map { try engine.packs.list($0) }
        return (engine.store.id, packs, snapshot)
    }

    @Test func aManifestPageThatIsGone() throws {
        try with { bench, engine, snapshot, _ in
            guard let root = snapshot.image?.manifestRoot.digest,
                let location = try engine.catalogue.locations(of: [root])[root]
            else { return }
            try File.remove(bench.configuration.storePath.appending(StoreLayout.key(of: location.pack).path))
            let next = try bench.open()
            #expect(engineError { _ = try next.verify(snapshot.id) }?.code == .dataDamaged)
            #expect(engineError { _ = try next.difference(snapshot.id, snapshot.id) }?.code == .dataDamaged)
            // The pack is gone, so all that was in it is known to be, once one page of it was looked for.
            _ = try? next.verify(snapshot.id)
            #expect(try next.create(bench.directory.appending("volume")).image?.newByteCount == 0)
            #expect(try next.isWhole(snapshot.id))
        }
    }
}
