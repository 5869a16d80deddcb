internal import CKernels
internal import Glibc
package import SnapSystem

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4): finds accidents, cheaply. Against malice there is the digest.
package enum Checksum {
    package static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBufferPointer { ckernels_crc32c($0.baseAddress, $0.count) }
    }

    package static func crc32c(_ buffer: borrowing AlignedBuffer, range: Range<Int>) -> UInt32 {
        let bytes = buffer.pointers(range)
        return ckernels_crc32c(bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
    }
}

/// Whether bytes are all zero.
package enum ZeroTest {
    package static func isZero(_ buffer: borrowing AlignedBuffer, range: Range<Int>) -> Bool {
        let bytes = buffer.pointers(range)
        return ckernels_is_zero(bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
    }
}

/// memcmp(3)
package enum ByteComparison {
    package static func areEqual(
        _ left: borrowing AlignedBuffer, _ leftRange: Range<Int>, _ right: borrowing AlignedBuffer,
        _ rightRange: Range<Int>
    ) -> Bool {
        let (left, right) = (left.pointers(leftRange), right.pointers(rightRange))
        guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else {
            return left.count == right.count
        }
        return left.count == right.count && memcmp(leftBase, rightBase, left.count) == 0
    }
}
