import Foundation
import SnapModel
import SnapTestSupport
import Testing

@Suite("Resource ids")
struct ResourceIDTests {
    @Test(arguments: ["snap-0123456789abcdef0", "snap-fffffffffffffffff", "snap-1234abcd", "snap-00000000"])
    func wellFormed(text: String) throws {
        let id = try #require(SnapshotID(text))
        #expect(id.rawValue == text)
        #expect(id.description == text)
        #expect(VolumeID(text) == nil)
        #expect(VolumeID("vol" + text.dropFirst(4))?.rawValue == "vol" + text.dropFirst(4))
    }

    @Test(arguments: [
        "", "snap", "snap-", "-0123456789abcdef0", "0123456789abcdef0", "vol-0123456789abcdef0",
        "snap-0123456789abcdef", "snap-0123456789abcdef01", "snap-1234abc", "snap-1234abcde",
        "snap-1234abcd5678",
        "snap-0123456789ABCDEF0", "snap-1234ABCD", "SNAP-0123456789abcdef0", "Snap-1234abcd",
        "snap-0123456789abcdefg", "snap-0123456789abcde-0", "snap-0123456789abcde 0",
        "snap_0123456789abcdef0",
        " snap-0123456789abcdef0", "snap-0123456789abcdef0 ", "snap-0123456789abcdef0\n",
        "snap--123456789abcdef0",
        "snap-+1234567", "snap-0x123456", "snap-1234\0bcd", "snap-١٢٣٤abcd", "snap-0123456789abcdéf",
        "snap-\u{301}1234abcd", "../snap-1234abcd", "snap-../../a", "snap-123/abcd",
    ])
    func malformed(text: String) { #expect(SnapshotID(text) == nil) }

    @Test func randomIDsAreWellFormedAndDiffer() {
        var seen: Set<SnapshotID> = []
        for _ in 0..<1_000 {
            let id = SnapshotID.random()
            #expect(SnapshotID(id.rawValue) == id)
            #expect(id.rawValue.utf8.count == 5 + 17)
            #expect(seen.insert(id).inserted)
        }
    }

    @Test func aSeedRepeatsAnID() {
        var (first, second) = (SeededRandom(seed: 5), SeededRandom(seed: 5))
        let id = VolumeID.random(using: &first)
        #expect(id == VolumeID.random(using: &second))
        #expect(id != VolumeID.random(using: &second))
    }

    @Test func allDigitsOccur() {
        var generator = SeededRandom(seed: 1)
        let digits = (0..<200).flatMap { _ in
            Array(SnapshotID.random(using: &generator).rawValue.dropFirst(5))
        }
        #expect(Set(digits) == Set("0123456789abcdef"))
    }

    @Test func order() throws {
        let low = try #require(SnapshotID("snap-0123456789abcdef0"))
        let high = try #require(SnapshotID("snap-0123456789abcdef1"))
        #expect(low < high && !(high < low) && !(low < low))
    }

    @Test func json() throws {
        let id = try #require(VolumeID("vol-0123456789abcdef0"))
        #expect(try JSONEncoder().encode([id]) == Data(#"["vol-0123456789abcdef0"]"#.utf8))
        #expect(
            try JSONDecoder().decode([VolumeID].self, from: Data(#"["vol-0123456789abcdef0"]"#.utf8)) == [id]
        )
        for malformed in [#"["snap-0123456789abcdef0"]"#, #"["vol-"]"#, "[7]", "[null]"] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode([VolumeID].self, from: Data(malformed.utf8))
            }
        }
    }

    @Test func storeID() throws {
        let id = StoreID.random()
        #expect(id != StoreID.random())
        let uuid = try #require(UUID(uuidString: id.rawValue))
        #expect(uuid.uuidString.lowercased() == id.rawValue)
        #expect(uuid.uuid.6 >> 4 == 4)
        #expect(uuid.uuid.8 >> 6 == 0b10)
        #expect(try JSONDecoder().decode([StoreID].self, from: JSONEncoder().encode([id])) == [id])
    }
}
