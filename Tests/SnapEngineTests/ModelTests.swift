import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

/// What volumes and snapshots should hold.
private struct Model {
    var volumes: [[UInt8]]
    var snapshots: [SnapshotID: [UInt8]] = [:]
    /// The last byte may be anywhere.
    static let byteLimit = 5 << 20
}

@Suite("Random operations against dictionaries")
struct ModelTests {
    @Test(arguments: [1, 2, UInt64.random(in: 0...9_999_999)]) func agree(seed: UInt64) throws {
        print("engine model: seed \(seed)")
        var random = SeededRandom(seed: seed)
        try Bench.with { bench in
            var model = Model(volumes: [[1], SeededRandom.bytes(2 << 20, seed: seed)])
            for (number, bytes) in model.volumes.enumerated() {
                _ = try bench.directory.file("volume-\(number)", bytes)
            }
            var engine = try bench.open()
            for _ in 0..<160 {
                if Int.random(in: 0..<12, using: &random) == 0 {
                    try reopen(bench, &engine, isRebuilt: Bool.random(using: &random), model)
                } else {
                    try act(bench, engine, &model, &random)
                }
            }
            try check(bench, engine, model)
        }
    }

    private func path(_ bench: Bench, _ number: Int) -> FilePath {
        bench.directory.appending("volume-\(number)")
    }

    private func act(_ bench: Bench, _ engine: Engine, _ model: inout Model, _ random: inout SeededRandom)
        throws
    {
        let number = Int.random(in: 0..<model.volumes.count, using: &random)
        let volume = path(bench, number)
        let byteCount = model.volumes[number].count
        let known = model.snapshots.keys.sorted().randomElement(using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1, 2:
            let offset = Int.random(in: 0..<byteCount, using: &random)
            let count = min(byteCount - offset, Int.random(in: 1...150_000, using: &random))
            let bytes =
                Bool.random(using: &random) ? random.bytes(count) : [UInt8](repeating: 0, count: count)
            try File.overwrite(volume, bytes, at: offset)
            model.volumes[number].replaceSubrange(offset..<offset + count, with: bytes)
        case 3:
            let count = Int.random(in: 1...Model.byteLimit, using: &random)
            try Command.check("truncate", "-s", String(count), volume.string)
            let more = [UInt8](repeating: 0, count: max(0, count - byteCount))
            model.volumes[number] = Array(model.volumes[number].prefix(count)) + more
        case 4:
            // Blocks of one volume in the other, at another place.
            let source = model.volumes[1 - number]
            guard source.count >= BlockGeometry.byteCount, byteCount >= BlockGeometry.byteCount else {
                return
            }
            let block = Array(source.prefix(BlockGeometry.byteCount))
            let place =
                Int.random(in: 0..<byteCount / BlockGeometry.byteCount, using: &random)
                * BlockGeometry.byteCount
            try File.overwrite(volume, block, at: place)
            model.volumes[number].replaceSubrange(place..<place + block.count, with: block)
        case 5, 6, 7:
            let snapshot = try engine.create(volume)
            #expect(snapshot.volumeByteCount == byteCount)
            model.snapshots[snapshot.id] = model.volumes[number]
        case 8:
            guard let known else { return }
            #expect(try engine.bytes(of: known, in: bench.directory) == model.snapshots[known])
        default:
            guard let known, let bytes = model.snapshots[known] else { return }
            let outcome = try engine.verify(known, against: volume)
            #expect(outcome.damaged.isEmpty)
            #expect(outcome.differing.isEmpty == (bytes == model.volumes[number]))
        }
    }

    private func reopen(_ bench: Bench, _ engine: inout Engine, isRebuilt: Bool, _ model: Model) throws {
        guard isRebuilt else {
            engine = try bench.open()
            return
        }
        let before = try engine.snapshots([])
        // Nobody may have the catalogue open.
        var other = bench
        other.configuration.root = bench.directory.appending("elsewhere")
        engine = try other.open()
        let outcome = try bench.rebuild()
        #expect(outcome.damagedPacks.isEmpty && outcome.damagedSnapshots.isEmpty)
        #expect(outcome.snapshotCount == model.snapshots.count)
        engine = try bench.open()
        #expect(Set(try engine.snapshots([])) == Set(before))
    }

    /// Everything, and every two of them.
    private func check(_ bench: Bench, _ engine: Engine, _ model: Model) throws {
        #expect(Set(try engine.snapshots([]).map(\.id)) == Set(model.snapshots.keys))
        for (id, bytes) in model.snapshots {
            #expect(try engine.isWhole(id))
            #expect(try engine.bytes(of: id, in: bench.directory) == bytes)
        }
        let ids = model.snapshots.keys.sorted().prefix(8)
        for first in ids {
            for second in ids {
                let outcome = try engine.difference(first, second)
                let expected = changedBlocks(model.snapshots[first] ?? [], model.snapshots[second] ?? [])
                #expect(
                    outcome.changed.flatMap(blocks) == expected && outcome.changedBlockCount == expected.count
                )
            }
        }
    }

    private func blocks(_ extent: ByteExtent) -> [Int] {
        Array(extent.offset / BlockGeometry.byteCount..<BlockGeometry.blockCount(ofByteCount: extent.end))
    }

    /// Block by block; what is beyond the end counts as zeros.
    private func changedBlocks(_ first: [UInt8], _ second: [UInt8]) -> [Int] {
        let count = BlockGeometry.blockCount(ofByteCount: max(first.count, second.count))
        return (0..<count).filter { padded(first, $0) != padded(second, $0) }
    }

    private func padded(_ bytes: [UInt8], _ block: Int) -> [UInt8] {
        let part = bytes.dropFirst(block * BlockGeometry.byteCount).prefix(BlockGeometry.byteCount)
        return Array(part) + [UInt8](repeating: 0, count: BlockGeometry.byteCount - part.count)
    }
}
