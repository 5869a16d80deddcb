import SnapCatalogue
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
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
            #expect(try engine.restore(snapshot.id, to: target, keepGoing: true).damaged == expected)
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

    @Test func aManifestPageThatIsGone() throws {
        try with { bench, engine, snapshot, _ in
            guard let root = snapshot.image?.manifestRoot.digest,
                let location = try engine.catalogue.locations(of: [root])[root]
            else { return }
            try File.remove(bench.configuration.storePath.appending(StoreLayout.key(of: location.pack).path))
            let next = try bench.open()
            #expect(engineError { _ = try next.verify(snapshot.id) }?.code == .dataDamaged)
            #expect(engineError { _ = try next.difference(snapshot.id, snapshot.id) }?.code == .dataDamaged)
            // Only what was looked at is known to be gone: first the root, then the leaf beneath it.
            for _ in 0..<2 {
                _ = try? next.verify(snapshot.id)
                #expect(try next.create(bench.directory.appending("volume")).image?.newByteCount == 0)
            }
            #expect(try next.isWhole(snapshot.id))
        }
    }
}
