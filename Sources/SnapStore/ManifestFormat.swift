internal import SnapCodec
internal import SnapModel

/// The pages of a manifest on disk (docs/format.md, "Manifest").
package enum ManifestFormat {
    /// How many entries a page can have: blocks of a leaf, pages of an inner page.
    package static let fanOut = 1_024
    static let version: UInt16 = 1
    static let magic = Array("SNPG".utf8)
    static let headerByteCount = 16
    static let entryByteCount = 2 + Digest.byteCount
    package static let pageByteLimit = headerByteCount + fanOut * entryByteCount
    /// 1,024⁷ blocks are more than a 64-bit size can say.
    static let levelLimit = 6

    enum Kind: UInt8 {
        case root = 1
        case tree = 2
    }

    static func header(_ kind: Kind, level: Int, entryCount: Int) -> BinaryWriter {
        var writer = BinaryWriter(capacity: headerByteCount + entryCount * entryByteCount)
        writer.append(magic)
        writer.append(version)
        writer.append(kind.rawValue)
        writer.append(UInt8(level))
        writer.append(UInt32(entryCount))
        writer.append(UInt32(0))
        return writer
    }

    static func readHeader(
        _ reader: inout BinaryReader, expecting kind: Kind
    ) throws(CodecError) -> (level: Int, entryCount: Int) {
        try reader.expect(magic: magic)
        let version: UInt16 = try reader.read()
        guard version == Self.version else {
            throw CodecError(
                .unsupportedVersion, "manifest page",
                "version \(version) is not \(Self.version); use a snapctl that knows it")
        }
        guard try reader.read(UInt8.self) == kind.rawValue else {
            throw CodecError(.malformed, "manifest page", "it is not a \(kind) page")
        }
        let level = Int(try reader.read(UInt8.self))
        let entryCount = Int(try reader.read(UInt32.self))
        try reader.expectZeros(4)
        guard level <= levelLimit, entryCount <= fanOut else {
            throw CodecError(.malformed, "manifest page", "level \(level) with \(entryCount) entries")
        }
        return (level, entryCount)
    }

    /// How many blocks a page of `level` spans: 1,024 for a leaf (level 0).
    package static func blockSpan(ofLevel level: Int) -> Int { (0...level).reduce(1) { span, _ in span * fanOut } }

    /// The blocks of a leaf, counted from the volume's start; none for a leaf beyond its end.
    package static func blocks(ofLeaf number: Int, blockCount: Int) -> Range<Int> {
        guard (0...blockCount / fanOut).contains(number) else { return blockCount..<blockCount }
        return number * fanOut..<min((number + 1) * fanOut, blockCount)
    }

    /// How many blocks an entry of a page of `level` spans: 1 in a leaf.
    static func entrySpan(ofLevel level: Int) -> Int { level == 0 ? 1 : blockSpan(ofLevel: level - 1) }

    /// The level of the topmost page of a volume: the lowest that spans it all.
    package static func topLevel(blockCount: Int) -> Int {
        var level = 0
        while blockSpan(ofLevel: level) < blockCount { level += 1 }
        return level
    }
}
