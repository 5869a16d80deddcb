internal import SnapCodec
package import SnapModel
package import SnapSystem

/// A piece of a pack in memory: bodies back to back, with room left in front for the pack's header.
///
/// A worker compresses into it; when it is full the writer appends it whole. One thread at a time.
package struct PackSegment: ~Copyable, Sendable {
    /// Where a segment counts as full. One more body may go beyond it.
    package static let fullByteCount = 4 << 20
    /// How large the buffer of a segment must be.
    package static let bufferByteCount = ObjectAlignment.roundUp(
        PackFormat.headerByteCount + fullByteCount + LZ4.bound(BlockGeometry.byteCount))

    package private(set) var entries: [PackEntry] = []
    let buffer: AlignedBuffer
    private(set) var byteCount = PackFormat.headerByteCount

    package init(buffer: consuming AlignedBuffer) {
        precondition(buffer.byteCount >= Self.bufferByteCount, "a segment of \(buffer.byteCount) bytes")
        self.buffer = buffer
    }

    package var isFull: Bool { byteCount >= Self.fullByteCount }

    /// Appends `range` of `plain`, compressed if that makes it smaller. Returns how many bytes it takes in the pack.
    @discardableResult
    package mutating func append(_ digest: Digest, _ plain: borrowing AlignedBuffer, range: Range<Int>) -> Int {
        precondition(!isFull, "a body after the segment was full")
        let compressed = LZ4.compress(
            plain, range: range, into: buffer, at: byteCount, limit: LZ4.bound(range.count))
        let stored: (byteCount: Int, codec: ChunkCodec)
        if let compressed, compressed < range.count {
            stored = (compressed, .lz4)
        } else {
            buffer.store(from: plain, range: range, at: byteCount)
            stored = (range.count, .raw)
        }
        addEntry(digest, storedByteCount: stored.byteCount, plainByteCount: range.count, codec: stored.codec)
        return stored.byteCount
    }

    /// Appends a small page.
    package mutating func append(_ digest: Digest, page: [UInt8]) {
        precondition(!isFull && page.count <= ManifestFormat.pageByteLimit, "a page of \(page.count) bytes")
        buffer.store(page, at: byteCount)
        addEntry(digest, storedByteCount: page.count, plainByteCount: page.count, codec: .raw)
    }

    /// Appends a body as another pack has it: `range` of `stored`, which `entry` describes.
    package mutating func append(_ entry: PackEntry, stored: borrowing AlignedBuffer, range: Range<Int>) {
        precondition(!isFull && range.count == entry.storedByteCount, "\(range) of \(entry.storedByteCount) bytes")
        buffer.store(from: stored, range: range, at: byteCount)
        var entry = entry
        entry.offset = byteCount
        entries.append(entry)
        byteCount += range.count
    }

    private mutating func addEntry(_ digest: Digest, storedByteCount: Int, plainByteCount: Int, codec: ChunkCodec) {
        let range = byteCount..<(byteCount + storedByteCount)
        entries.append(
            PackEntry(
                digest: digest, offset: byteCount, storedByteCount: storedByteCount, plainByteCount: plainByteCount,
                codec: codec, checksum: Checksum.crc32c(buffer, range: range)))
        byteCount = range.upperBound
    }

    /// Zeros up to the next aligned end; returns that end.
    borrowing func pad() -> Int {
        let end = ObjectAlignment.roundUp(byteCount)
        buffer.clear(byteCount..<end)
        return end
    }

    /// Fills the room in front: with a header, or with zeros.
    borrowing func fillFront(_ header: [UInt8]?) {
        buffer.store(header ?? Array(repeating: 0, count: PackFormat.headerByteCount), at: 0)
    }
}
