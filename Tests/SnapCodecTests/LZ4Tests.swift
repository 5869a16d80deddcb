import SnapCodec
import SnapSystem
import SnapTestSupport
import Testing

@Suite("LZ4")
struct LZ4Tests {
    private static func text(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededRandom(seed: seed)
        let words = ["volume ", "block ", "snapshot ", "the ", "of ", "page ", "\n"]
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += Array((words.randomElement(using: &generator) ?? "").utf8) }
        return Array(bytes.prefix(count))
    }

    private static let contents: [(name: String, bytes: [UInt8])] = [
        ("empty", []), ("one byte", [7]), ("zeros", [UInt8](repeating: 0, count: 524_288)),
        ("text", text(524_288, seed: 1)), ("short text", text(100, seed: 2)),
        ("random", SeededRandom.bytes(524_288, seed: 3)), ("short random", SeededRandom.bytes(13, seed: 4)),
        ("half and half", SeededRandom.bytes(200_000, seed: 5) + [UInt8](repeating: 1, count: 200_000)),
    ]

    @Test func roundTrip() throws {
        for (name, bytes) in Self.contents {
            let source = try AlignedBuffer(byteCount: bytes.count + 16)
            source.store(bytes, at: 5)
            let bound = LZ4.bound(bytes.count)
            #expect(bound >= bytes.count)
            let packed = try AlignedBuffer(byteCount: bound + 32)
            packed.store([UInt8](repeating: 0xee, count: packed.byteCount), at: 0)
            let range = 5..<(5 + bytes.count)
            let compressed = LZ4.compress(source, range: range, into: packed, at: 9, limit: bound)
            let count = try #require(compressed, "\(name)")
            #expect(packed.copyBytes(0..<9) == [UInt8](repeating: 0xee, count: 9))
            #expect(packed.copyBytes((9 + bound)..<packed.byteCount).allSatisfy { $0 == 0xee }, "\(name)")
            let plain = try AlignedBuffer(byteCount: bytes.count + 20)
            plain.store([UInt8](repeating: 0xdd, count: plain.byteCount), at: 0)
            try LZ4.decompress(
                packed,
                range: 9..<(9 + count),
                into: plain,
                targetRange: 3..<(3 + bytes.count)
            )
            #expect(plain.copyBytes(3..<(3 + bytes.count)) == bytes, "\(name)")
            #expect(plain.copyBytes(0..<3) == [0xdd, 0xdd, 0xdd])
            #expect(plain.copyBytes((3 + bytes.count)..<plain.byteCount).allSatisfy { $0 == 0xdd }, "\(name)")
            if name == "zeros" || name == "text" { #expect(count < bytes.count / 2) }
        }
    }

    @Test func whatDoesNotFitTheLimitIsNil() throws {
        for (name, bytes) in Self.contents where bytes.count > 12 && name.contains("random") {
            let source = try AlignedBuffer(byteCount: bytes.count)
            source.store(bytes, at: 0)
            let packed = try AlignedBuffer(byteCount: bytes.count + 8)
            packed.store([UInt8](repeating: 0xee, count: packed.byteCount), at: 0)
            let limit = bytes.count - 1
            #expect(LZ4.compress(source, range: 0..<bytes.count, into: packed, at: 0, limit: limit) == nil)
            #expect(packed.copyBytes(limit..<packed.byteCount).allSatisfy { $0 == 0xee }, "beyond the limit")
        }
    }

    @Test func theWrongLengthThrows() throws {
        let bytes = Self.text(10_000, seed: 8)
        let packed = try compressed(bytes)
        let count = packed.count
        let plain = try AlignedBuffer(byteCount: 20_000)
        for length in [0, 1, 9_999, 10_001, 20_000] {
            let error = #expect(throws: CodecError.self) {
                try LZ4.decompress(packed.buffer, range: 0..<count, into: plain, targetRange: 0..<length)
            }
            #expect(error?.code == .malformed)
        }
        try LZ4.decompress(packed.buffer, range: 0..<count, into: plain, targetRange: 0..<10_000)
    }

    @Test func truncatedInputThrows() throws {
        let bytes = Self.text(3_000, seed: 9)
        let packed = try compressed(bytes)
        let count = packed.count
        let plain = try AlignedBuffer(byteCount: 3_000)
        for length in 0..<count {
            #expect(throws: CodecError.self, "\(length) of \(count) bytes") {
                try LZ4.decompress(packed.buffer, range: 0..<length, into: plain, targetRange: 0..<3_000)
            }
        }
    }

    /// Whatever the input: an error or bytes of the right length, and not one byte beyond them.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func mutatedInputNeverTraps(seed: UInt64) throws {
        var generator = SeededRandom(seed: seed)
        let bytes = Self.text(2_000, seed: seed)
        let original = try compressed(bytes)
        let count = original.count
        let stored = original.buffer.copyBytes(0..<count)
        let input = try AlignedBuffer(byteCount: count + 64)
        let plain = try AlignedBuffer(byteCount: 2_100)
        var threw = 0
        for _ in 0..<3_000 {
            var mutated = stored
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                mutated[Int.random(in: 0..<mutated.count, using: &generator)] = UInt8.random(
                    in: 0...255,
                    using: &generator
                )
            }
            input.store(mutated, at: 0)
            plain.store([UInt8](repeating: 0xdd, count: 100), at: 2_000)
            do {
                try LZ4.decompress(input, range: 0..<count, into: plain, targetRange: 0..<2_000)
            } catch {
                threw += 1
            }
            #expect(plain.copyBytes(2_000..<2_100).allSatisfy { $0 == 0xdd }, "seed \(seed)")
        }
        #expect(threw > 0)
    }

    private struct Packed: ~Copyable {
        let buffer: AlignedBuffer
        let count: Int
    }

    private func compressed(_ bytes: [UInt8]) throws -> Packed {
        let source = try AlignedBuffer(byteCount: bytes.count)
        source.store(bytes, at: 0)
        let buffer = try AlignedBuffer(byteCount: LZ4.bound(bytes.count))
        let count = LZ4.compress(source, range: 0..<bytes.count, into: buffer, at: 0, limit: buffer.byteCount)
        return Packed(buffer: buffer, count: try #require(count))
    }
}
