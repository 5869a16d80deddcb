import SnapModel
import SnapTestSupport
import Testing

@Suite("Digests")
struct DigestTests {
    @Test func bytesAndTextSurvive() throws {
        var generator = SeededRandom(seed: 1)
        for _ in 0..<200 {
            let bytes = generator.bytes(32)
            let digest = try #require(Digest(bytes: bytes))
            #expect(digest.bytes == bytes)
            #expect(digest.description.utf8.count == 64)
            #expect(Digest(hexadecimal: digest.description) == digest)
            #expect(Digest(bytes: ([0] + bytes).dropFirst()) == digest, "a slice")
        }
    }

    @Test func known() throws {
        let digest = try #require(Digest(bytes: Array(0..<32)))
        #expect(digest.description == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        #expect(
            digest
                == Digest(
                    words: (
                        0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f, 0x1011_1213_1415_1617,
                        0x1819_1a1b_1c1d_1e1f
                    )
                )
        )
    }

    /// Each byte counts, the first most, and 0xff is more than 0x00.
    @Test func orderIsThatOfBytes() throws {
        var generator = SeededRandom(seed: 2)
        for place in 0..<32 {
            var (low, high) = (generator.bytes(32), [UInt8]())
            low[place] = 0x7f
            high = low
            high[place] = 0x80
            for later in (place + 1)..<33 where later < 32 { (low[later], high[later]) = (0xff, 0x00) }
            let (first, second) = (try #require(Digest(bytes: low)), try #require(Digest(bytes: high)))
            #expect(first < second && !(second < first) && first != second, "byte \(place)")
            #expect(PageID(first) < PageID(second))
        }
    }

    @Test func digestsThatDifferInOneBitDiffer() throws {
        let bytes = SeededRandom.bytes(32, seed: 3)
        var seen: Set<Digest> = [try #require(Digest(bytes: bytes))]
        for bit in 0..<256 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(seen.insert(try #require(Digest(bytes: changed))).inserted, "bit \(bit)")
        }
    }

    @Test(arguments: [0, 1, 31, 33, 64])
    func wrongByteCount(count: Int) { #expect(Digest(bytes: [UInt8](repeating: 7, count: count)) == nil) }

    @Test(arguments: [
        "", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
        String(repeating: "A", count: 64), String(repeating: "g", count: 64),
        String(repeating: " ", count: 64),
        String(repeating: "é", count: 32), String(repeating: "0", count: 62) + "-1",
    ])
    func malformed(text: String) { #expect(Digest(hexadecimal: text) == nil) }

    @Test func hexadecimal() {
        #expect(Hexadecimal.text(of: []) == "")
        #expect(Hexadecimal.bytes(of: "") == [])
        #expect(Hexadecimal.text(of: Array(0...255)).hasPrefix("000102030405060708090a0b0c0d0e0f10"))
        #expect(Hexadecimal.bytes(of: Hexadecimal.text(of: Array(0...255))) == Array(0...255))
        #expect(Hexadecimal.bytes(of: "0") == nil)
        for character in (0...255).map({ Character(UnicodeScalar($0)) })
        where !"0123456789abcdef".contains(character) {
            #expect(Hexadecimal.bytes(of: "0\(character)") == nil)
            #expect(Hexadecimal.bytes(of: "\(character)0") == nil)
        }
    }
}
