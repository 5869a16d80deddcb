internal import CKernels
internal import COpenSSL
package import SnapModel
package import SnapSystem

/// SHA-256 (FIPS 180-4): by libcrypto, and where the processor has SHA instructions, two blocks at a time by our kernel.
/// One hasher a thread.
package struct BlockHasher: ~Copyable {
    private let context: OpaquePointer
    private let algorithm: OpaquePointer
    private static let hasKernel = ckernels_has_sha256_lanes()

    package init() {
        guard let context = EVP_MD_CTX_new(), let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else {
            preconditionFailure("libcrypto without SHA-256")
        }
        self.context = context
        self.algorithm = algorithm
    }

    deinit {
        EVP_MD_free(algorithm)
        EVP_MD_CTX_free(context)
    }

    /// The digests of pieces of a buffer that are all of one length.
    package borrowing func digests(of buffer: borrowing AlignedBuffer, ranges: [Range<Int>]) -> [Digest] {
        guard let byteCount = ranges.first?.count else { return [] }
        precondition(ranges.allSatisfy { $0.count == byteCount }, "pieces of different lengths")
        guard Self.hasKernel, byteCount % 64 == 0, ranges.count > 1 else {
            return ranges.map { digest(of: UnsafeRawBufferPointer(buffer.pointers($0))) }
        }
        let messages = ranges.map { UnsafePointer(buffer.pointers($0).assumingMemoryBound(to: UInt8.self).baseAddress) }
        let digestBytes = [UInt8](unsafeUninitializedCapacity: ranges.count * Digest.byteCount) { digests, count in
            ckernels_sha256_lanes(messages, messages.count, byteCount, digests.baseAddress)
            count = ranges.count * Digest.byteCount
        }
        return digestBytes.withUnsafeBytes { bytes in
            ranges.indices.map { Digest(loading: UnsafeRawBufferPointer(rebasing: bytes[($0 * Digest.byteCount)...])) }
        }
    }

    /// The digest of a piece of a buffer.
    package borrowing func digest(of buffer: borrowing AlignedBuffer, range: Range<Int>) -> Digest {
        digest(of: UnsafeRawBufferPointer(buffer.pointers(range)))
    }

    /// The digest of a small array.
    package borrowing func digest(of bytes: [UInt8]) -> Digest { bytes.withUnsafeBytes { digest(of: $0) } }

    package borrowing func digest(of bytes: UnsafeRawBufferPointer) -> Digest {
        withUnsafeTemporaryAllocation(byteCount: Digest.byteCount, alignment: 8) { result in
            let isDone =
                EVP_DigestInit_ex2(context, algorithm, nil) == 1
                && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
                && EVP_DigestFinal_ex(context, result.baseAddress, nil) == 1
            precondition(isDone, "libcrypto could not hash \(bytes.count) bytes")
            return Digest(loading: UnsafeRawBufferPointer(result))
        }
    }
}

extension Digest {
    /// Takes the first 32 bytes.
    fileprivate init(loading bytes: UnsafeRawBufferPointer) {
        func word(_ offset: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        self.init(words: (word(0), word(8), word(16), word(24)))
    }
}
