import SnapCodec
import SnapModel
import SnapSystem
import SnapTestSupport
import Testing

@testable import SnapStore

/// The bytes were made by another program, from docs/format.md.
@Suite("Packs on disk")
struct PackFormatTests {
    private static let headers: [(kind: PackKind, hexadecimal: String)] = [
        (
            .blocks,
            "534e41505041434b01000000010000000189abcdef01723496789abcdef0123f"
                + "00000000000000000000000000000000000000000000000000000000ccb937ab"
        ),
        (
            .pages,
            "534e41505041434b01000000020000000189abcdef01723496789abcdef0123f"
                + "00000000000000000000000000000000000000000000000000000000c09e4c8f"
        ),
    ]
    private static let entries = [
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            + "55443322110000003412000000000800efbeadde01000000",
        "5faa4eec3611556812c2d74b437c8c49add3f910f10063d801441f7d75cd5e3b"
            + "4000000000000000280000002800000083f04e1300000000",
        "bfca652f5e96a3de2157627a800b350e7798ded367fb74a7eb52ef0aa35d9cfb"
            + "68000000000000006400000064000000fac0ab8600000000",
    ]
    private static let trailer = "001000000000000002000000010000000000000010c2fd61534e4150464f4f54"
    private static let packDigest = "d5c9219c4263d6ba322b30b956c108f2734dcdef73f9ae9eefff810428d0223e"

    private static let pages: [[UInt8]] = [Array(0..<40), [UInt8](repeating: 0xab, count: 100)]

    @Test func header() throws {
        for (kind, hexadecimal) in Self.headers {
            let bytes = PackFormat.header(of: Sample.pack(), kind: kind)
            #expect(Hexadecimal.text(of: bytes) == hexadecimal)
            let read = try PackFormat.readHeader(bytes)
            #expect(read.pack == Sample.pack() && read.kind == kind)
        }
    }

    @Test func footer() throws {
        let entries = [
            PackEntry(
                digest: Sample.digest(from: 0),
                offset: 0x11_2233_4455,
                storedByteCount: 0x1234,
                plainByteCount: 524_288,
                codec: .lz4,
                checksum: 0xdead_beef
            )
        ]
        let bytes = PackFormat.footer(entries, at: 0x11_2233_6000)
        #expect(bytes.count == 4_096)
        #expect(Hexadecimal.text(of: bytes.prefix(56)) == Self.entries[0])
        #expect(bytes[56..<(4_096 - 32)].allSatisfy { $0 == 0 })
        let trailer = try PackFormat.readTrailer(bytes, packByteCount: 0x11_2233_7000)
        #expect(trailer.entryCount == 1 && trailer.footerOffset == 0x11_2233_6000)
        #expect(try PackFormat.readEntries(bytes, trailer: trailer, kind: .blocks) == entries)
    }

    @Test(arguments: [0, 1, 72, 73, 146, 1_000])
    func footersAreAligned(entryCount: Int) throws {
        let entries = (0..<entryCount).map { number in
            PackEntry(
                digest: Sample.digest(of: "\(number)"),
                offset: 64 + number * 10,
                storedByteCount: 10,
                plainByteCount: 10,
                codec: .raw,
                checksum: UInt32(number)
            )
        }
        let offset = ObjectAlignment.roundUp(64 + entryCount * 10)
        let bytes = PackFormat.footer(entries, at: offset)
        #expect(bytes.count % 4_096 == 0)
        #expect(bytes.count - (entryCount * 56 + 32) < 4_096)
        let trailer = try PackFormat.readTrailer(bytes, packByteCount: offset + bytes.count)
        #expect(try PackFormat.readEntries(bytes, trailer: trailer, kind: .pages) == entries)
    }

    @Test func aWholePack() throws {
        let objects = MemoryObjectStore()
        try writePack(to: objects)
        let bytes = try objects.get(ObjectKey("packs/3f/0189abcd-ef01-7234-9678-9abcdef0123f.pack"))
        #expect(bytes.count == 8_192)
        #expect(Hexadecimal.text(of: bytes.prefix(64)) == Self.headers[1].hexadecimal)
        #expect(Array(bytes[64..<104]) == Self.pages[0])
        #expect(Array(bytes[104..<204]) == Self.pages[1])
        #expect(Hexadecimal.text(of: bytes[4_096..<4_152]) == Self.entries[1])
        #expect(Hexadecimal.text(of: bytes[4_152..<4_208]) == Self.entries[2])
        #expect(Hexadecimal.text(of: bytes.suffix(32)) == Self.trailer)
        #expect(BlockHasher().digest(of: bytes).description == Self.packDigest)
    }

    @Test func mutatedHeadersThrow() throws {
        let bytes = PackFormat.header(of: Sample.pack(), kind: .blocks)
        Mutations.forEach(of: bytes) { mutated in
            do {
                let (pack, kind) = try PackFormat.readHeader(mutated)
                // Bytes after the header are the bodies.
                #expect(pack == Sample.pack() && kind == .blocks && mutated.starts(with: bytes))
            } catch {}
        }
    }

    @Test func headersOfLaterVersionsAreToldApart() throws {
        var bytes = PackFormat.header(of: Sample.pack(), kind: .blocks)
        bytes[8] = 2
        let error = #expect(throws: CodecError.self) { _ = try PackFormat.readHeader(bytes) }
        #expect(error?.code == .unsupportedVersion)
        let wrong = #expect(throws: CodecError.self) {
            _ = try PackFormat.readHeader([UInt8](repeating: 7, count: 64))
        }
        #expect(wrong?.code == .wrongMagic)
    }

    /// Through the reader, as a whole file: every change of header or footer is an error or changes nothing.
    @Test func mutatedPacksThrow() throws {
        let objects = MemoryObjectStore()
        let sealed = try writePack(to: objects)
        let key = StoreLayout.key(of: sealed.id)
        let whole = try objects.get(key)
        let (header, footer) = (Array(whole.prefix(64)), Array(whole.suffix(4_096)))
        let reader = PackReader(objects)
        func check(_ bytes: [UInt8]) throws {
            try objects.put(bytes, to: key)
            do throws(StoreError) {
                let list = try reader.list(sealed.id)
                if list != sealed { Issue.record("another list was believed") }
            } catch {
                let isClear = error.code == .damaged || error.code == .fromTheFuture
                if !isClear || !error.description.contains(key.path) { Issue.record("\(error)") }
            }
        }
        try Mutations.forEach(of: header, splices: 500) { try check($0 + whole.dropFirst(64)) }
        // Around the entries and the trailer; the zeros between them are many and alike.
        let (entries, trailer) = (Array(footer.prefix(112)), Array(footer.suffix(32)))
        try Mutations.forEach(of: entries, splices: 500) {
            try check(whole.dropLast(4_096) + $0 + footer.dropFirst(112))
        }
        try Mutations.forEach(of: trailer, splices: 500) {
            try check(whole.dropLast(32) + $0)
        }
        for place in stride(from: 112, to: 4_064, by: 61) {
            var mutated = whole
            mutated[4_096 + place] = 1
            try check(mutated)
        }
        for length in [0, 1, 64, 4_095, 4_096, 4_097, 8_191] { try check(Array(whole.prefix(length))) }
        try check(whole + [UInt8](repeating: 0, count: 4_096))
    }

    /// Entries whose checksum is right, as a wrong program would write them.
    @Test func senselessEntriesThrow() throws {
        func entry(
            offset: Int = 64,
            stored: Int = 100,
            plain: Int = 524_288,
            codec: ChunkCodec = .lz4
        ) -> PackEntry {
            PackEntry(
                digest: Sample.digest(from: 0),
                offset: offset,
                storedByteCount: stored,
                plainByteCount: plain,
                codec: codec,
                checksum: 0
            )
        }
        func read(_ entries: [PackEntry], kind: PackKind = .blocks) throws(CodecError) {
            let bytes = PackFormat.footer(entries, at: 1 << 20)
            let trailer = try PackFormat.readTrailer(bytes, packByteCount: (1 << 20) + bytes.count)
            _ = try PackFormat.readEntries(bytes, trailer: trailer, kind: kind)
        }
        try read([entry(), entry(offset: 164), entry(offset: 4_096)])
        try read([entry(stored: 524_288, codec: .raw)])
        try read([entry(offset: (1 << 20) - 100)])
        try read([entry(plain: ManifestFormat.pageByteLimit)], kind: .pages)
        for wrong in [
            entry(offset: 0), entry(offset: 63), entry(offset: 1 << 20), entry(offset: (1 << 20) - 99),
            entry(offset: .max), entry(stored: 0), entry(stored: 524_289), entry(plain: 524_287),
            entry(plain: 0),
            entry(codec: .raw), entry(stored: Int(UInt32.max)),
        ] {
            let error = #expect(throws: CodecError.self, "\(wrong)") { try read([wrong]) }
            #expect(error?.code == .malformed)
        }
        #expect(throws: CodecError.self, "overlapping") { try read([entry(), entry(offset: 163)]) }
        #expect(throws: CodecError.self, "descending") { try read([entry(offset: 4_096), entry()]) }
        for plain in [0, ManifestFormat.pageByteLimit + 1] {
            #expect(throws: CodecError.self) { try read([entry(plain: plain)], kind: .pages) }
        }
    }

    @Test func unknownCodecsAreOfTheFuture() throws {
        var bytes = PackFormat.footer([], at: 4_096)
        var writer = BinaryWriter()
        writer.append(Sample.digest(from: 0).bytes)
        writer.append(UInt64(64))
        writer.append(UInt32(100))
        writer.append(UInt32(524_288))
        writer.append(UInt32(0))
        writer.append(UInt8(9))
        bytes.replaceSubrange(0..<writer.bytes.count, with: writer.bytes)
        bytes.replaceSubrange(4_072..<4_076, with: [1, 0, 0, 0])
        try reseal(&bytes)
        let trailer = try PackFormat.readTrailer(bytes, packByteCount: 8_192)
        let error = #expect(throws: CodecError.self) {
            _ = try PackFormat.readEntries(bytes, trailer: trailer, kind: .blocks)
        }
        #expect(error?.code == .unsupportedVersion)
    }

    /// A count that would take gigabytes is refused before anything is allocated for it.
    @Test(arguments: [UInt32(1) << 20 + 1, .max, 1 << 31, 74])
    func hugeCountsThrow(count: UInt32) throws {
        var bytes = PackFormat.footer([], at: 4_096)
        var writer = BinaryWriter()
        writer.append(count)
        bytes.replaceSubrange(4_072..<4_076, with: writer.bytes)
        try reseal(&bytes)
        let error = #expect(throws: CodecError.self) {
            _ = try PackFormat.readTrailer(bytes, packByteCount: 8_192)
        }
        #expect(error?.code == .malformed)
    }

    private func reseal(_ footer: inout [UInt8]) throws {
        var writer = BinaryWriter()
        writer.append(Checksum.crc32c(Array(footer.dropLast(12))))
        footer.replaceSubrange((footer.count - 12)..<(footer.count - 8), with: writer.bytes)
    }

    @discardableResult
    private func writePack(to objects: MemoryObjectStore) throws -> SealedPack {
        var segment = PackSegment(buffer: try AlignedBuffer(byteCount: PackSegment.bufferByteCount))
        for page in Self.pages { segment.append(BlockHasher().digest(of: page), page: page) }
        var writer = try PackWriter(Sample.pack(), kind: .pages, in: objects, targetByteCount: 1 << 20)
        try writer.append(segment)
        let unpublished = try writer.finish()
        try objects.publish([unpublished.object])
        return unpublished.pack
    }
}
