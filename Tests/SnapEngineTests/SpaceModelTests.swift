import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

/// Creates, deletions, collections and sizes in any order, against dictionaries.
@Suite("Random deletions and collections")
struct SpaceModelTests {
    private static let block = BlockGeometry.byteCount

    @Test(arguments: [1, UInt64.random(in: 0...9_999_999)]) func agree(seed: UInt64) throws {
        print("space model: seed \(seed)")
        var random = SeededRandom(seed: seed)
        try Bench.with { bench in
            var volumes = (0..<3).map { NumberedBlocks.bytes($0..<4 + 4 * $0) + [1, 2, 3] }
            for (number, bytes) in volumes.enumerated() { _ = try bench.directory.file("volume-\(number)", bytes) }
            var contents: [SnapshotID: [UInt8]] = [:]
            for _ in 0..<60 {
                let engine = try bench.open()
                let number = Int.random(in: 0..<volumes.count, using: &random)
                switch Int.random(in: 0..<12, using: &random) {
                case 0...3:
                    try change(bench, &volumes, number, &random)
                case 4...7:
                    contents[try engine.create(bench.directory.appending("volume-\(number)")).id] = volumes[number]
                case 8, 9:
                    let gone = Set(
                        contents.keys.sorted().shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)))
                    #expect(try engine.freedIfDeleted(gone) == (try engine.freedByBruteForce(gone)))
                    try engine.delete(gone.sorted())
                    for id in gone { contents[id] = nil }
                case 10:
                    _ = try engine.collectGarbage(deadShareLimit: [0, 0.3, 0.5, 1].randomElement(using: &random) ?? 0)
                    for id in contents.keys { #expect(try engine.isWhole(id)) }
                default: try engine.expectExactSizes()
                }
            }
            try end(bench, contents)
        }
    }

    /// Bytes of one volume, of its own or of another, at any place; or another size.
    private func change(
        _ bench: Bench, _ volumes: inout [[UInt8]], _ number: Int, _ random: inout SeededRandom
    ) throws {
        let path = bench.directory.appending("volume-\(number)")
        if Int.random(in: 0..<5, using: &random) == 0 {
            let count = Int.random(in: Self.block...12 * Self.block, using: &random)
            try Command.check("truncate", "-s", String(count), path.string)
            let more = [UInt8](repeating: 0, count: max(0, count - volumes[number].count))
            return volumes[number] = Array(volumes[number].prefix(count)) + more
        }
        let source = volumes[Int.random(in: 0..<volumes.count, using: &random)]
        let from = Int.random(in: 0..<source.count / Self.block, using: &random) * Self.block
        let to = Int.random(in: 0..<volumes[number].count / Self.block, using: &random) * Self.block
        let bytes =
            Bool.random(using: &random)
            ? Array(source[from..<from + Self.block]) : NumberedBlocks.bytes([Int.random(in: 0..<500, using: &random)])
        volumes[number].replaceSubrange(to..<to + Self.block, with: bytes)
        try File.overwrite(path, bytes, at: to)
    }

    private func end(_ bench: Bench, _ contents: [SnapshotID: [UInt8]]) throws {
        var engine = try bench.open()
        try engine.expectExactSizes()
        _ = try engine.collectGarbage(deadShareLimit: 0)
        #expect(try engine.statistics().unneededByteCount == 0)
        for (id, bytes) in contents { #expect(try engine.bytes(of: id, in: bench.directory) == bytes) }
        try bench.expectNoLeftovers()
        let before = try engine.sizes()
        var other = bench
        other.configuration.root = bench.directory.appending("elsewhere")
        engine = try other.open()
        try bench.rebuild()
        engine = try bench.open()
        #expect(try engine.sizes() == before)
        for (id, bytes) in contents { #expect(try engine.bytes(of: id, in: bench.directory) == bytes) }
    }
}
