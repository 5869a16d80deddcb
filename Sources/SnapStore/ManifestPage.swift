package import SnapCodec
package import SnapModel

/// A page of a manifest: which of its up to 1,024 places hold something, and what. In a leaf (level 0) the places are
/// blocks and hold chunk digests; above, they are pages of the level below. Equal entries give equal bytes.
package struct ManifestPage: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        /// 0..<1,024, within the page.
        package var place: Int
        package var digest: Digest

        package init(place: Int, digest: Digest) {
            self.place = place
            self.digest = digest
        }
    }

    package let level: Int
    /// By place, ascending; never empty: a page with nothing in it is absent from the page above.
    package let entries: [Entry]

    package init(level: Int, entries: [Entry]) {
        precondition(!entries.isEmpty && entries.count <= ManifestFormat.fanOut, "a page of \(entries.count) entries")
        self.level = level
        self.entries = entries
    }

    package func encoded() -> [UInt8] {
        var writer = ManifestFormat.header(.tree, level: level, entryCount: entries.count)
        for entry in entries {
            writer.append(UInt16(entry.place))
            writer.append(entry.digest.bytes)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = BinaryReader(bytes, subject: "manifest page")
        let (level, entryCount) = try ManifestFormat.readHeader(&reader, expecting: .tree)
        guard entryCount > 0 else { throw CodecError(.malformed, "manifest page", "it is empty") }
        var entries: [Entry] = []
        entries.reserveCapacity(entryCount)
        var previous = -1
        for _ in 0..<entryCount {
            let place = Int(try reader.read(UInt16.self))
            guard place > previous, place < ManifestFormat.fanOut else {
                throw CodecError(.malformed, "manifest page", "place \(place) after \(previous)")
            }
            previous = place
            entries.append(Entry(place: place, digest: try reader.readDigest()))
        }
        try reader.expectEnd()
        self.level = level
        self.entries = entries
    }
}

/// The page that names a whole image: how large the volume is, and its topmost page.
package struct ManifestRoot: Hashable, Sendable {
    package let volumeByteCount: Int
    /// nil when every block is zero.
    package let top: PageID?

    package init(volumeByteCount: Int, top: PageID?) {
        self.volumeByteCount = volumeByteCount
        self.top = top
    }

    package var blockCount: Int { BlockGeometry.blockCount(ofByteCount: volumeByteCount) }
    package var topLevel: Int { ManifestFormat.topLevel(blockCount: blockCount) }

    package func encoded() -> [UInt8] {
        var writer = ManifestFormat.header(.root, level: topLevel, entryCount: top == nil ? 0 : 1)
        writer.append(UInt64(volumeByteCount))
        writer.append(UInt32(BlockGeometry.byteCount))
        writer.append(UInt32(0))
        if let top { writer.append(top.digest.bytes) }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CodecError) {
        var reader = BinaryReader(bytes, subject: "manifest root")
        let (level, entryCount) = try ManifestFormat.readHeader(&reader, expecting: .root)
        let byteCount = try reader.readCount(limit: .max / 2, "volume size")
        guard try reader.read(UInt32.self) == UInt32(BlockGeometry.byteCount) else {
            throw CodecError(.unsupportedVersion, "manifest root", "the block size is not \(BlockGeometry.byteCount)")
        }
        try reader.expectZeros(4)
        let top = entryCount == 0 ? nil : Digest(bytes: try reader.readBytes(Digest.byteCount)).map(PageID.init)
        try reader.expectEnd()
        self.init(volumeByteCount: byteCount, top: top)
        guard entryCount <= 1, level == topLevel else {
            throw CodecError(.malformed, "manifest root", "level \(level) does not fit \(byteCount) bytes")
        }
    }
}
