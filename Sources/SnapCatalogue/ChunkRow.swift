internal import FoundationEssentials
internal import GRDB
internal import SnapModel

/// The columns of table `chunk`, in the order in which they are written and read.
enum ChunkRow {
    static let selection = """
        SELECT p.packId, c.offset, c.storedByteCount, c.plainByteCount, c.codec, c.checksum
        FROM chunk c JOIN pack p ON p.id = c.pack WHERE c.digest = ? AND c.pack <> 0
        """

    /// A pack begins with a header of this size.
    private static let firstOffset = 64
    /// No chunk is larger than a block, and no page is.
    private static let byteLimit = BlockGeometry.byteCount

    static func location(of digest: Digest, _ row: Row) throws -> ChunkLocation {
        guard let codec = ChunkCodec(rawValue: try row.value(4)) else {
            throw Row.malformed("the codec of a chunk")
        }
        let entry = PackEntry(
            digest: digest,
            offset: try row.value(1),
            storedByteCount: try row.value(2),
            plainByteCount: try row.value(3),
            codec: codec,
            checksum: try row.value(5)
        )
        guard isPossible(entry) else { throw Row.malformed("the place of a chunk") }
        return ChunkLocation(pack: try row.packID(0), entry: entry)
    }

    /// Whether sizes and offset are such as a pack can have: readers make buffers of them.
    private static func isPossible(_ entry: PackEntry) -> Bool {
        entry.offset >= firstOffset && entry.offset <= .max - byteLimit && entry.storedByteCount > 0
            && entry.storedByteCount <= entry.plainByteCount && entry.plainByteCount <= byteLimit
    }

    static func arguments(_ entry: PackEntry, _ packKey: Int64) -> StatementArguments {
        [
            entry.digest.blob, packKey, entry.offset, entry.storedByteCount, entry.plainByteCount,
            entry.codec.rawValue, entry.checksum,
        ]
    }
}

extension PackID {
    /// The 16 bytes, as a BLOB.
    var blob: Data { Data(bytes) }
}
