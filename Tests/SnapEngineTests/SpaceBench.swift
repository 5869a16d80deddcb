import SnapCatalogue
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

extension Engine {
    /// For good, as the recycle bin does in the end.
    func delete(_ ids: [SnapshotID]) throws {
        try removeRecords(of: ids)
        #expect(try catalogue.forget(ids) == ids)
    }

    /// All that an image needs: pages and chunks, with what they take in packs.
    func needs(of snapshot: Snapshot) throws -> [Digest: Int] {
        guard let image = snapshot.image else { throw Command.Failure(description: "no image") }
        let manifest = try manifest(image)
        var digests: Set<Digest> = [image.manifestRoot.digest]
        try manifest.forEachPage { digests.insert($0.digest) }
        try manifest.forEachBlock(onFailure: { $0 }) { (_, digest) throws(StoreError) in digests.insert(digest) }
        let locations = try catalogue.locations(of: Array(digests))
        #expect(locations.count == digests.count)
        return locations.mapValues(\.entry.storedByteCount)
    }

    func completed() throws -> [Snapshot] { try snapshots([]).filter { $0.state == .completed } }

    /// By sets, as nobody would do it.
    func freedByBruteForce(_ ids: Set<SnapshotID>) throws -> Int {
        var (kept, gone): (Set<Digest>, [Digest: Int]) = ([], [:])
        for snapshot in try completed() {
            let needs = try needs(of: snapshot)
            if ids.contains(snapshot.id) { gone.merge(needs) { $1 } } else { kept.formUnion(needs.keys) }
        }
        return gone.filter { !kept.contains($0.key) }.values.reduce(0, +)
    }

    /// Whether sizes are what brute force finds.
    func expectExactSizes() throws {
        let sizes = try sizes()
        let snapshots = try completed()
        #expect(Set(sizes.keys) == Set(snapshots.map(\.id)))
        var owners: [Digest: Int] = [:]
        for snapshot in snapshots { for digest in try needs(of: snapshot).keys { owners[digest, default: 0] += 1 } }
        var whole: [Digest: Int] = [:]
        for snapshot in snapshots {
            let needs = try needs(of: snapshot)
            whole.merge(needs) { $1 }
            let exclusive = needs.filter { owners[$0.key] == 1 }.values.reduce(0, +)
            #expect(sizes[snapshot.id]?.storedByteCount == needs.values.reduce(0, +))
            #expect(sizes[snapshot.id]?.exclusiveByteCount == exclusive)
            #expect(sizes[snapshot.id]?.fullByteCount == snapshot.image?.fullByteCount)
        }
        let statistics = try statistics()
        #expect(statistics.chunkStoredByteCount + statistics.pageStoredByteCount == whole.values.reduce(0, +))
        #expect(statistics.chunkCount + statistics.pageCount == whole.count)
    }
}

/// Contents by numbers: equal numbers are equal blocks, and nothing compresses. Made of one random block, for those are
/// slow to make.
enum NumberedBlocks {
    private static let base = SeededRandom.bytes(BlockGeometry.byteCount, seed: 42)

    static func bytes(_ numbers: some Sequence<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in numbers {
            let start = bytes.count
            bytes += base
            withUnsafeBytes(of: number.littleEndian) { bytes.replaceSubrange(start..<start + 8, with: $0) }
        }
        return bytes
    }
}

extension Bench {
    /// The store and the catalogue agree: every pack is known, and there.
    func expectNoLeftovers() throws {
        let engine = try open()
        #expect(try engine.catalogue.retiredPacks().isEmpty)
        let files = try Command.check("find", configuration.storePath.appending("packs").string, "-name", "*.pack")
        #expect(files.split(separator: "\n").count == (try engine.catalogue.packIDs().count))
        #expect(try unfinished().isEmpty)
    }

    /// A statement in the catalogue, by another program.
    func sql(_ statement: String) throws {
        let script =
            "import sqlite3, sys; d = sqlite3.connect(sys.argv[1], isolation_level=None); d.execute(sys.argv[2])"
        try Command.check("python3", "-c", script, configuration.cataloguePath.string, statement)
    }

    /// A pack that a writer had published when it died, before the catalogue heard of it.
    func publish(_ digest: Digest, at time: Timestamp) throws -> PackID {
        let store = try open().store
        var segment = PackSegment(buffer: try AlignedBuffer(byteCount: PackSegment.bufferByteCount))
        let body = try AlignedBuffer(byteCount: BlockGeometry.byteCount)
        segment.append(digest, body, range: 0..<BlockGeometry.byteCount)
        var writer = try PackWriter(.make(at: time), kind: .blocks, in: store.objects, targetByteCount: 1 << 20)
        try writer.append(segment)
        return try store.publish([try writer.finish()])[0].id
    }
}
