internal import CKernels
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
