import CKernels
import SnapCodec
import SnapSystem
import SnapTestSupport
import Testing

@Suite("CRC-32C")
struct ChecksumTests {
    /// RFC 3720, B.4, and the check value of the catalogue of CRCs.
    private static let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
        ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
        (Array(0..<32), 0x46dd_794e),
        (Array((0..<32).reversed()), 0x113f_db5c),
        (
            [0x01, 0xc0] + [UInt8](repeating: 0, count: 14) + [
                0x14, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
            ]
                + [0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0],
            0xd996_3a56
        ),
        (Array("123456789".utf8), 0xe306_9283),
        ([], 0),
    ]

    @Test func vectors() throws {
        for (bytes, checksum) in Self.vectors {
            #expect(Checksum.crc32c(bytes) == checksum)
            #expect(ckernels_crc32c_portable(bytes, bytes.count) == checksum)
            let buffer = try AlignedBuffer(byteCount: bytes.count + 1)
            buffer.store(bytes, at: 1)
            #expect(Checksum.crc32c(buffer, range: 1..<(1 + bytes.count)) == checksum)
        }
    }

    @Test func theInstructionsAgreeWithThePortableTwin() {
        let bytes = SeededRandom.bytes(400, seed: 1)
        bytes.withUnsafeBufferPointer { pointers in
            for start in 0..<9 {
                for byteCount in 0...300 {
                    let piece = UnsafeBufferPointer(rebasing: pointers[start..<(start + byteCount)])
                    #expect(
                        ckernels_crc32c(piece.baseAddress, byteCount)
                            == ckernels_crc32c_portable(piece.baseAddress, byteCount),
                        "\(byteCount) from \(start)"
                    )
                }
            }
        }
        let large = SeededRandom.bytes(524_288, seed: 2)
        #expect(Checksum.crc32c(large) == ckernels_crc32c_portable(large, large.count))
    }

    @Test func everySingleBitIsNoticed() {
        var bytes = SeededRandom.bytes(100, seed: 3)
        let checksum = Checksum.crc32c(bytes)
        for bit in 0..<800 {
            bytes[bit / 8] ^= 1 << (bit % 8)
            #expect(Checksum.crc32c(bytes) != checksum)
            bytes[bit / 8] ^= 1 << (bit % 8)
        }
    }
}

@Suite("Zero test and comparison")
struct ZeroTestTests {
    /// The neighbours are not zero: neither side may look beyond its range.
    @Test(arguments: [0, 1, 3, 7, 8, 15, 33, 63])
    func everyBitOfShortRanges(start: Int) throws {
        let buffer = try AlignedBuffer(byteCount: 512)
        for byteCount in 0...140 {
            buffer.store([UInt8](repeating: 0xff, count: 512), at: 0)
            let range = (start + 1)..<(start + 1 + byteCount)
            buffer.clear(range)
            #expect(ZeroTest.isZero(buffer, range: range) == true, "\(byteCount) from \(start + 1)")
            for place in range {
                for bit in [UInt8(1), 0x10, 0x80] {
                    buffer.store([bit], at: place)
                    if ZeroTest.isZero(buffer, range: range) {
                        Issue.record("\(bit) at \(place) of \(range) was missed")
                    }
                }
                buffer.store([0], at: place)
            }
        }
    }

    @Test func wholeBlocks() throws {
        let buffer = try AlignedBuffer(byteCount: 524_288)
        let range = 0..<524_288
        #expect(ZeroTest.isZero(buffer, range: range) == true)
        var generator = SeededRandom(seed: 1)
        let random = (0..<500).map { _ in Int.random(in: range, using: &generator) }
        for place in Array(0..<200) + random + Array(524_288 - 200..<524_288) {
            for bit in 0..<8 {
                buffer.store([1 << bit], at: place)
                if ZeroTest.isZero(buffer, range: range) {
                    Issue.record("bit \(bit) of byte \(place) was missed")
                }
            }
            buffer.store([0], at: place)
        }
        #expect(ZeroTest.isZero(buffer, range: range) == true)
    }

    @Test func comparing() throws {
        let left = try AlignedBuffer(byteCount: 300)
        let right = try AlignedBuffer(byteCount: 300)
        let bytes = SeededRandom.bytes(200, seed: 5)
        left.store(bytes, at: 3)
        right.store(bytes, at: 100)
        #expect(ByteComparison.areEqual(left, 3..<203, right, 100..<300) == true)
        #expect(ByteComparison.areEqual(left, 0..<0, right, 100..<100) == true)
        #expect(ByteComparison.areEqual(left, 3..<203, right, 100..<299) == false)
        for place in [0, 1, 100, 198, 199] {
            right.store([bytes[place] ^ 1], at: 100 + place)
            #expect(ByteComparison.areEqual(left, 3..<203, right, 100..<300) == false, "byte \(place)")
            right.store([bytes[place]], at: 100 + place)
        }
    }
}
