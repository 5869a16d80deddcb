import CKernels
import SnapCodec
import SnapModel
import SnapSystem
import SnapTestSupport
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    /// NIST, "Examples with intermediate values", and FIPS 180-2, appendix B.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func vectors(message: String, digest: String) throws {
        let hasher = BlockHasher()
        let bytes = Array(message.utf8)
        #expect(hasher.digest(of: bytes).description == digest)
        let buffer = try AlignedBuffer(byteCount: bytes.count + 3)
        buffer.store(bytes, at: 3)
        #expect(hasher.digest(of: buffer, range: 3..<(3 + bytes.count)).description == digest)
        let several = hasher.digests(of: buffer, ranges: [3..<(3 + bytes.count), 3..<(3 + bytes.count)])
        #expect(several.map(\.description) == [digest, digest])
    }

    /// Every number of lanes and every length in units of 64 bytes, against libcrypto. Odd numbers run the kernel for one.
    @Test(arguments: 1...5)
    func lanes(count: Int) throws {
        let byteLimit = 4_096
        let buffer = try AlignedBuffer(byteCount: count * (byteLimit + 64))
        buffer.store(SeededRandom.bytes(buffer.byteCount, seed: UInt64(count)), at: 0)
        let hasher = BlockHasher()
        for byteCount in stride(from: 0, through: byteLimit, by: 64) {
            // Starts that no alignment helps.
            let ranges = (0..<count).map { lane in
                let start = lane * (byteLimit + 64) + (lane * 7 + byteCount / 64) % 64
                return start..<(start + byteCount)
            }
            let expected = ranges.map { hasher.digest(of: buffer, range: $0) }
            #expect(hasher.digests(of: buffer, ranges: ranges) == expected, "\(byteCount) bytes")
            if ckernels_has_sha256_lanes() {
                #expect(kernelDigests(of: buffer, ranges) == expected, "\(byteCount) bytes, by the kernel")
            }
        }
    }

    @Test(arguments: 1...5)
    func wholeBlocks(count: Int) throws {
        let buffer = try AlignedBuffer(byteCount: count * BlockGeometry.byteCount)
        buffer.store(SeededRandom.bytes(buffer.byteCount, seed: 9), at: 0)
        let ranges = (0..<count).map { $0 * BlockGeometry.byteCount..<($0 + 1) * BlockGeometry.byteCount }
        let hasher = BlockHasher()
        let expected = ranges.map { hasher.digest(of: buffer, range: $0) }
        #expect(Set(expected).count == count)
        #expect(hasher.digests(of: buffer, ranges: ranges) == expected)
        if ckernels_has_sha256_lanes() { #expect(kernelDigests(of: buffer, ranges) == expected) }
    }

    /// Lengths that are not for the kernel.
    @Test(arguments: [1, 55, 56, 63, 65, 119, 120, 127, 129, 1_000])
    func oddLengths(byteCount: Int) throws {
        let buffer = try AlignedBuffer(byteCount: 3 * byteCount)
        buffer.store(SeededRandom.bytes(3 * byteCount, seed: 4), at: 0)
        let hasher = BlockHasher()
        let ranges = (0..<3).map { $0 * byteCount..<($0 + 1) * byteCount }
        #expect(
            hasher.digests(of: buffer, ranges: ranges)
                == ranges.map { hasher.digest(of: buffer.copyBytes($0)) }
        )
    }

    /// A million a's is 15,625 units; the same as above, by the kernel.
    @Test(.enabled(if: ckernels_has_sha256_lanes(), "the processor has no SHA instructions"))
    func theKernelKnowsTheVector() throws {
        let buffer = try AlignedBuffer(byteCount: 1_000_000)
        buffer.store([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000), at: 0)
        for count in 1...3 {
            let digests = kernelDigests(of: buffer, Array(repeating: 0..<1_000_000, count: count))
            #expect(
                Set(digests.map(\.description)) == [
                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
                ]
            )
        }
    }

    @Test func noPiecesNoDigests() throws {
        let buffer = try AlignedBuffer(byteCount: 64)
        #expect(BlockHasher().digests(of: buffer, ranges: []) == [])
    }

    @Test func hashersOnThreads() throws {
        let bytes = SeededRandom.bytes(100_000, seed: 12)
        let expected = BlockHasher().digest(of: bytes)
        let (wrong, workers) = (Counter(), WorkerGroup())
        workers.start("hasher", count: 6) { _ in
            let hasher = BlockHasher()
            for _ in 0..<50 where hasher.digest(of: bytes) != expected { wrong.add() }
        }
        workers.wait()
        #expect(wrong.value == 0)
    }

    private func kernelDigests(of buffer: borrowing AlignedBuffer, _ ranges: [Range<Int>]) -> [Digest] {
        let messages = ranges.map {
            UnsafePointer(buffer.pointers($0).assumingMemoryBound(to: UInt8.self).baseAddress)
        }
        var bytes = [UInt8](repeating: 0xee, count: ranges.count * 32 + 1)
        ckernels_sha256_lanes(messages, messages.count, ranges[0].count, &bytes)
        #expect(bytes.last == 0xee, "a byte beyond the digests was written")
        return ranges.indices.compactMap { Digest(bytes: bytes[$0 * 32..<($0 + 1) * 32]) }
    }
}
