import SnapCodec
import SnapTestSupport
import Testing

@Suite("Binary reader and writer")
struct BinaryTests {
    @Test func littleEndian() {
        var writer = BinaryWriter()
        writer.append(UInt8(0x01))
        writer.append(UInt16(0x0203))
        writer.append(UInt32(0x0405_0607))
        writer.append(UInt64(0x0809_0a0b_0c0d_0e0f))
        writer.append(Int32(-2))
        writer.append([0xaa, 0xbb])
        #expect(
            writer.bytes == [
                1, 3, 2, 7, 6, 5, 4, 0x0f, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 9, 8, 0xfe, 0xff, 0xff, 0xff, 0xaa,
                0xbb,
            ]
        )
    }

    @Test func roundTripOfExtremes() throws {
        var writer = BinaryWriter(capacity: 100)
        for value in [UInt64.min, .max, 1 << 63] { writer.append(value) }
        for value in [Int64.min, .max, -1] { writer.append(value) }
        for value in [UInt8.min, .max] { writer.append(value) }
        for value in [Int16.min, .max] { writer.append(value) }
        var reader = BinaryReader(writer.bytes, subject: "extremes")
        for value in [UInt64.min, .max, 1 << 63] { #expect(try reader.read() == value) }
        for value in [Int64.min, .max, -1] { #expect(try reader.read() == value) }
        for value in [UInt8.min, .max] { #expect(try reader.read() == value) }
        for value in [Int16.min, .max] { #expect(try reader.read() == value) }
        try reader.expectEnd()
    }

    @Test func roundTripOfRandomFields() throws {
        var generator = SeededRandom(seed: 1)
        for _ in 0..<100 {
            let (a, b) = (
                UInt16.random(in: 0 ... .max, using: &generator),
                UInt64.random(in: 0 ... .max, using: &generator)
            )
            let (c, d) = (UInt32.random(in: 0 ... .max, using: &generator), generator.bytes(Int(a % 50)))
            var writer = BinaryWriter()
            writer.append(a)
            writer.append(b)
            writer.append(c)
            writer.append(d)
            var reader = BinaryReader(writer.bytes, subject: "fields")
            #expect(try reader.read(UInt16.self) == a)
            #expect(try reader.read(UInt64.self) == b)
            #expect(try reader.read(UInt32.self) == c)
            #expect(reader.remainingByteCount == d.count)
            #expect(try reader.readBytes(d.count) == d)
            try reader.expectEnd()
        }
    }

    /// A structure of each kind of field, cut at each length.
    @Test func truncationAtEachLength() throws {
        func parse(_ bytes: [UInt8]) throws(CodecError) {
            var reader = BinaryReader(bytes, subject: "structure")
            try reader.expect(magic: Array("MAGIC".utf8))
            _ = try reader.read(UInt16.self)
            _ = try reader.readCount("count")
            try reader.expectZeros(3)
            _ = try reader.readBytes(4)
            _ = try reader.read(UInt8.self)
            try reader.expectEnd()
        }
        let whole =
            Array("MAGIC".utf8) + [1, 2] + [3, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0] + [9, 9, 9, 9] + [5]
        try parse(whole)
        for length in whole.indices {
            let error = #expect(throws: CodecError.self) { try parse(Array(whole.prefix(length))) }
            #expect(error?.code == .truncated, "\(length) bytes")
            #expect(error?.subject == "structure")
        }
        let error = #expect(throws: CodecError.self) { try parse(whole + [0]) }
        #expect(error?.code == .malformed)
    }

    @Test func aFailedReadTakesNothing() throws {
        var reader = BinaryReader([1, 2, 3], subject: "three")
        #expect(throws: CodecError.self) { try reader.read(UInt32.self) }
        #expect(throws: CodecError.self) { try reader.readBytes(4) }
        #expect(throws: CodecError.self) { try reader.readBytes(-1) }
        #expect(throws: CodecError.self) { try reader.readBytes(.max) }
        #expect(reader.remainingByteCount == 3)
        #expect(try reader.readBytes(3) == [1, 2, 3])
    }

    @Test(
        arguments: [
            (0, true), (5, true), (6, false), (UInt64(Int.max), false), (UInt64(Int.max) + 1, false),
            (.max, false),
        ] as [(UInt64, Bool)]
    )
    func countsHaveALimit(value: UInt64, isAllowed: Bool) throws {
        var writer = BinaryWriter()
        writer.append(value)
        var reader = BinaryReader(writer.bytes, subject: "count")
        if isAllowed {
            #expect(try reader.readCount(limit: 5, "entries") == Int(value))
        } else {
            let error = #expect(throws: CodecError.self) { _ = try reader.readCount(limit: 5, "entries") }
            #expect(error?.code == .malformed)
            #expect(error?.description.contains("entries of \(value)") == true)
        }
        var unlimited = BinaryReader(writer.bytes, subject: "count")
        if value <= UInt64(Int.max) {
            #expect(try unlimited.readCount("entries") == Int(value))
        } else {
            #expect(throws: CodecError.self) { _ = try unlimited.readCount("entries") }
        }
    }

    @Test func magicAndReservedBytes() throws {
        var reader = BinaryReader([1, 2, 3, 0, 0, 1], subject: "thing")
        let wrong = #expect(throws: CodecError.self) { try reader.expect(magic: [1, 3]) }
        #expect(wrong?.code == .wrongMagic)
        try reader.expect(magic: [3])
        try reader.expectZeros(2)
        let reserved = #expect(throws: CodecError.self) { try reader.expectZeros(1) }
        #expect(reserved?.code == .malformed)
    }
}
