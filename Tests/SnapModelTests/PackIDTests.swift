import Foundation
import SnapModel
import SnapTestSupport
import Testing

@Suite("Pack ids")
struct PackIDTests {
    private static let time = Timestamp(millisecondsSinceEpoch: 0x0189_abcd_ef01)

    /// RFC 9562, 5.7.
    @Test func version7() {
        for _ in 0..<500 {
            let id = PackID.make(at: Self.time)
            #expect(Array(id.bytes.prefix(6)) == [0x01, 0x89, 0xab, 0xcd, 0xef, 0x01])
            #expect(id.bytes[6] >> 4 == 7)
            #expect(id.bytes[8] >> 6 == 0b10)
            #expect(id.bytes.count == PackID.byteCount)
        }
    }

    @Test func everyOtherBitIsRandom() {
        let ids = (0..<500).map { _ in PackID.make(at: Self.time) }
        #expect(Set(ids).count == ids.count)
        for byte in 6..<16 {
            let fixed: UInt8 = byte == 6 ? 0xf0 : byte == 8 ? 0xc0 : 0
            let seenOnes = ids.reduce(0) { $0 | $1.bytes[byte] }
            let seenZeros = ids.reduce(0) { $0 | ~$1.bytes[byte] }
            #expect(seenOnes | fixed == 0xff && seenZeros | fixed == 0xff, "byte \(byte)")
        }
    }

    @Test func orderIsThatOfTime() {
        let times: [Int64] = [0, 1, 255, 256, 65_535, 65_536, 1 << 32, 1_700_000_000_000, (1 << 48) - 1]
        let ids = times.map { PackID.make(at: Timestamp(millisecondsSinceEpoch: $0)) }
        #expect(ids.shuffled().sorted() == ids)
        #expect(ids.map(\.description).sorted() == ids.map(\.description))
    }

    @Test func text() throws {
        let bytes: [UInt8] = [
            0x01, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x72, 0x34, 0x96, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x3f,
        ]
        let id = try #require(PackID(bytes: bytes))
        #expect(id.description == "0189abcd-ef01-7234-9678-9abcdef0123f")
        #expect(id.folder == "3f")
        #expect(PackID(id.description) == id)
        #expect(UUID(uuidString: id.description)?.uuidString.lowercased() == id.description)
        for _ in 0..<100 {
            let id = PackID.make(at: Self.time)
            #expect(PackID(id.description) == id)
        }
    }

    @Test(arguments: [
        "", "-", "----", "0189abcd-ef01-7234-9678-9abcdef0123", "0189abcd-ef01-7234-9678-9abcdef0123f0",
        "0189abcdef01-7234-9678-9abc-def0123f", "0189abcdef01723496789abcdef0123f",
        "0189ABCD-EF01-7234-9678-9ABCDEF0123F", "0189abcg-ef01-7234-9678-9abcdef0123f",
        "0189abcd-ef01-7234-9678-9abcdef0123f ", "0189abcd-ef01-7234-9678-9abcdef0123f-",
        "{0189abcd-ef01-7234-9678-9abcdef0123f}", "0189abcd_ef01_7234_9678_9abcdef0123f",
        "+189abcd-ef01-7234-9678-9abcdef0123f", "0189abcd-ef01-7234-9678-9abcdef012é",
    ])
    func malformed(text: String) { #expect(PackID(text) == nil) }

    @Test(arguments: [0, 1, 15, 17, 32])
    func wrongByteCount(count: Int) { #expect(PackID(bytes: [UInt8](repeating: 1, count: count)) == nil) }
}
