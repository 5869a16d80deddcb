internal import CLZ4
package import SnapSystem

/// The LZ4 block format (lz4_Block_format.md), by liblz4.
package enum LZ4 {
    /// The most bytes that `byteCount` bytes can grow to.
    package static func bound(_ byteCount: Int) -> Int { Int(LZ4_compressBound(CInt(byteCount))) }

    /// Compresses `range` of `source` to `offset` of `target`. nil when it would take more than `limit` bytes.
    package static func compress(
        _ source: borrowing AlignedBuffer, range: Range<Int>, into target: borrowing AlignedBuffer, at offset: Int,
        limit: Int
    ) -> Int? {
        let plain = source.pointers(range)
        let room = target.pointers(offset..<(offset + limit))
        let count = LZ4_compress_default(plain.pointer, room.pointer, CInt(plain.count), CInt(room.count))
        return count > 0 ? Int(count) : nil
    }

    /// Decompresses `range` of `source` to exactly fill `targetRange` of `target`.
    package static func decompress(
        _ source: borrowing AlignedBuffer, range: Range<Int>, into target: borrowing AlignedBuffer,
        targetRange: Range<Int>
    ) throws(CodecError) {
        let stored = source.pointers(range)
        let room = target.pointers(targetRange)
        let count = LZ4_decompress_safe(stored.pointer, room.pointer, CInt(stored.count), CInt(room.count))
        guard Int(count) == room.count else {
            throw CodecError(
                .malformed, "LZ4 block", "\(stored.count) bytes do not decompress to \(room.count), but to \(count)")
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate var pointer: UnsafeMutablePointer<CChar>? { assumingMemoryBound(to: CChar.self).baseAddress }
}
