internal import SnapCodec
internal import SnapModel

/// What others may know of how a pack is laid out.
package enum PackLayout {
    /// How many bytes at the end of a pack are not bodies.
    package static func footerByteCount(entryCount: Int) -> Int {
        ObjectAlignment.roundUp(entryCount * PackFormat.entryByteCount + PackFormat.trailerByteCount)
    }
}

/// The fixed structures of a pack (docs/format.md, "Pack").
enum PackFormat {
    static let version: UInt32 = 1
    static let headerMagic = Array("SNAPPACK".utf8)
    static let trailerMagic = Array("SNAPFOOT".utf8)
    static let headerByteCount = 64
    static let entryByteCount = 56
    static let trailerByteCount = 32
    /// More bodies than any pack holds; bounds what a damaged trailer can make a reader allocate.
    static let entryLimit = 1 << 20

    static func header(of pack: PackID, kind: PackKind) -> [UInt8] {
        var writer = BinaryWriter(capacity: headerByteCount)
        writer.append(headerMagic)
        writer.append(version)
        writer.append(kind.rawValue)
        writer.append(repeatElement(0, count: 3))
        writer.append(pack.bytes)
        writer.append(repeatElement(0, count: 28))
        writer.append(Checksum.crc32c(writer.bytes))
        return writer.bytes
    }

    static func readHeader(_ bytes: [UInt8]) throws(CodecError) -> (pack: PackID, kind: PackKind) {
        var reader = BinaryReader(bytes, subject: "pack header")
        try reader.expect(magic: headerMagic)
        try expectVersion(reader.read(), "pack header")
        let kind: UInt8 = try reader.read()
        try reader.expectZeros(3)
        let id = try reader.readBytes(PackID.byteCount)
        try reader.expectZeros(28)
        let checksum: UInt32 = try reader.read()
        guard checksum == Checksum.crc32c(Array(bytes.prefix(headerByteCount - 4))) else {
            throw CodecError(.mismatch, "pack header", "its checksum does not match")
        }
        guard let kind = PackKind(rawValue: kind), let pack = PackID(bytes: id) else {
            throw CodecError(.malformed, "pack header", "kind \(kind) is unknown")
        }
        return (pack, kind)
    }

    /// Entries, zeros up to an aligned end, trailer. It is to stand at `footerOffset`, which is aligned.
    static func footer(_ entries: [PackEntry], at footerOffset: Int) -> [UInt8] {
        let entriesByteCount = entries.count * entryByteCount
        let byteCount = PackLayout.footerByteCount(entryCount: entries.count)
        var writer = BinaryWriter(capacity: byteCount)
        for entry in entries { append(entry, to: &writer) }
        writer.append(repeatElement(0, count: byteCount - entriesByteCount - trailerByteCount))
        writer.append(UInt64(footerOffset))
        writer.append(UInt32(entries.count))
        writer.append(version)
        writer.append(UInt32(0))
        writer.append(Checksum.crc32c(writer.bytes))
        writer.append(trailerMagic)
        return writer.bytes
    }

    struct Trailer {
        var footerOffset: Int
        var entryCount: Int
    }

    /// `bytes` are the last of a pack of `packByteCount` bytes.
    static func readTrailer(_ bytes: [UInt8], packByteCount: Int) throws(CodecError) -> Trailer {
        var reader = BinaryReader(Array(bytes.suffix(trailerByteCount)), subject: "pack footer")
        let footerOffset = try reader.readCount(limit: packByteCount, "footer offset")
        let entryCount = Int(try reader.read(UInt32.self))
        let version: UInt32 = try reader.read()
        try reader.expectZeros(4)
        _ = try reader.read(UInt32.self)
        try reader.expect(magic: trailerMagic)
        try expectVersion(version, "pack footer")
        guard entryCount <= entryLimit,
            footerOffset + ObjectAlignment.roundUp(entryCount * entryByteCount + trailerByteCount) == packByteCount
        else {
            throw CodecError(.malformed, "pack footer", "\(entryCount) entries at \(footerOffset) do not fit the pack")
        }
        return Trailer(footerOffset: footerOffset, entryCount: entryCount)
    }

    /// `bytes` are the whole footer, from its offset to the end of the pack.
    static func readEntries(_ bytes: [UInt8], trailer: Trailer, kind: PackKind) throws(CodecError) -> [PackEntry] {
        var checksum = BinaryReader(Array(bytes.suffix(12).prefix(4)), subject: "pack footer")
        guard try checksum.read() == Checksum.crc32c(Array(bytes.dropLast(12))) else {
            throw CodecError(.mismatch, "pack footer", "its checksum does not match")
        }
        var reader = BinaryReader(bytes, subject: "pack footer")
        var entries: [PackEntry] = []
        entries.reserveCapacity(trailer.entryCount)
        var end = headerByteCount
        for _ in 0..<trailer.entryCount {
            let entry = try readEntry(&reader)
            try check(entry, kind: kind, after: end, before: trailer.footerOffset)
            end = entry.offset + entry.storedByteCount
            entries.append(entry)
        }
        return entries
    }

    private static func append(_ entry: PackEntry, to writer: inout BinaryWriter) {
        writer.append(entry.digest.bytes)
        writer.append(UInt64(entry.offset))
        writer.append(UInt32(entry.storedByteCount))
        writer.append(UInt32(entry.plainByteCount))
        writer.append(entry.checksum)
        writer.append(entry.codec.rawValue)
        writer.append(repeatElement(0, count: 3))
    }

    private static func readEntry(_ reader: inout BinaryReader) throws(CodecError) -> PackEntry {
        let digest = try reader.readBytes(Digest.byteCount)
        let offset = try reader.readCount(limit: .max, "offset")
        let storedByteCount = Int(try reader.read(UInt32.self))
        let plainByteCount = Int(try reader.read(UInt32.self))
        let checksum: UInt32 = try reader.read()
        let codecByte: UInt8 = try reader.read()
        try reader.expectZeros(3)
        guard let codec = ChunkCodec(rawValue: codecByte) else {
            throw CodecError(
                .unsupportedVersion, "pack footer", "codec \(codecByte) is unknown; a later snapctl may read it")
        }
        guard let digest = Digest(bytes: digest) else { throw CodecError(.malformed, "pack footer", "a short digest") }
        return PackEntry(
            digest: digest, offset: offset, storedByteCount: storedByteCount, plainByteCount: plainByteCount,
            codec: codec, checksum: checksum)
    }

    private static func check(_ entry: PackEntry, kind: PackKind, after start: Int, before end: Int) throws(CodecError)
    {
        let isInside =
            entry.offset >= start && entry.storedByteCount > 0 && entry.storedByteCount <= end - start
            && entry.offset <= end - entry.storedByteCount && entry.storedByteCount <= entry.plainByteCount
        let isSized =
            switch kind {
            case .blocks: entry.plainByteCount == BlockGeometry.byteCount
            case .pages: (1...ManifestFormat.pageByteLimit).contains(entry.plainByteCount)
            }
        let isCoded = entry.codec != .raw || entry.storedByteCount == entry.plainByteCount
        guard isInside, isSized, isCoded, entry.storedByteCount <= entry.plainByteCount else {
            throw CodecError(.malformed, "pack footer", "the entry of \(entry.digest) makes no sense")
        }
    }

    private static func expectVersion(_ version: UInt32, _ subject: String) throws(CodecError) {
        guard version == Self.version else {
            throw CodecError(
                .unsupportedVersion, subject, "version \(version) is not \(Self.version); use a snapctl that knows it")
        }
    }
}
