import SnapCodec
import SnapModel
import SnapTestSupport
import Testing

@testable import SnapStore

/// The bytes were made by another program, from docs/format.md.
@Suite("Manifest pages on disk")
struct ManifestFormatTests {
    private static let leaf = ManifestPage(
        level: 0,
        entries: [
            ManifestPage.Entry(place: 0, digest: Sample.digest(from: 0)),
            ManifestPage.Entry(place: 1_023, digest: Sample.digest(from: 255, by: -1)),
        ]
    )
    private static let inner = ManifestPage(
        level: 1,
        entries: [ManifestPage.Entry(place: 5, digest: Sample.digest(from: 0))]
    )
    private static let root = ManifestRoot(
        volumeByteCount: (1 << 30) + 1,
        top: PageID(Sample.digest(from: 0))
    )

    @Test func leafPage() throws {
        let hexadecimal =
            "534e50470100020002000000000000000000000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            + "ff03fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0"
        #expect(Hexadecimal.text(of: Self.leaf.encoded()) == hexadecimal)
        #expect(try ManifestPage(decoding: Self.leaf.encoded()) == Self.leaf)
    }

    @Test func innerPage() throws {
        let hexadecimal =
            "534e50470100020101000000000000000500000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        #expect(Hexadecimal.text(of: Self.inner.encoded()) == hexadecimal)
        #expect(try ManifestPage(decoding: Self.inner.encoded()) == Self.inner)
    }

    @Test func rootPage() throws {
        let hexadecimal =
            "534e504701000101010000000000000001000040000000000000080000000000"
            + "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        #expect(Hexadecimal.text(of: Self.root.encoded()) == hexadecimal)
        #expect(try ManifestRoot(decoding: Self.root.encoded()) == Self.root)
        let empty = ManifestRoot(volumeByteCount: 512, top: nil)
        #expect(
            Hexadecimal.text(of: empty.encoded())
                == "534e504701000100000000000000000000020000000000000000080000000000"
        )
        #expect(try ManifestRoot(decoding: empty.encoded()) == empty)
    }

    @Test func fullPagesHaveTheGreatestSize() throws {
        let entries = (0..<1_024).map { ManifestPage.Entry(place: $0, digest: Sample.digest(of: "\($0)")) }
        let page = ManifestPage(level: 3, entries: entries)
        #expect(page.encoded().count == ManifestFormat.pageByteLimit)
        #expect(try ManifestPage(decoding: page.encoded()) == page)
    }

    /// Fan-out 1,024: the levels that sizes need.
    @Test(arguments: [
        (0, 0), (1, 0), (1_024, 0), (1_025, 1), (1_048_576, 1), (1_048_577, 2), (33_554_432, 2), (1 << 30, 2),
        ((1 << 30) + 1, 3), (1 << 44, 4),
    ])
    func levels(blockCount: Int, level: Int) {
        #expect(ManifestFormat.topLevel(blockCount: blockCount) == level)
        #expect(ManifestFormat.blockSpan(ofLevel: level) >= blockCount)
    }

    /// There is one way to write a page: what is read is written back the same.
    @Test func mutatedPagesThrowOrAreCanonical() {
        for page in [Self.leaf, Self.inner] {
            Mutations.forEach(of: page.encoded()) { mutated in
                guard let read = try? ManifestPage(decoding: mutated) else { return }
                if read.encoded() != mutated { Issue.record("\(mutated) is another way to write \(read)") }
            }
        }
    }

    @Test func mutatedRootsThrowOrAreCanonical() {
        for root in [Self.root, ManifestRoot(volumeByteCount: 512, top: nil)] {
            Mutations.forEach(of: root.encoded()) { mutated in
                guard let read = try? ManifestRoot(decoding: mutated) else { return }
                if read.encoded() != mutated { Issue.record("\(mutated) is another way to write \(read)") }
            }
        }
    }

    @Test func oneIsNotTakenForTheOther() {
        #expect(throws: CodecError.self) { _ = try ManifestPage(decoding: Self.root.encoded()) }
        #expect(throws: CodecError.self) { _ = try ManifestRoot(decoding: Self.leaf.encoded()) }
        #expect(throws: CodecError.self) { _ = try ManifestPage(decoding: []) }
    }

    @Test func laterVersionsAreToldApart() {
        for bytes in [Self.leaf.encoded(), Self.root.encoded()] {
            var later = bytes
            later[4] = 2
            let page = #expect(throws: CodecError.self) { _ = try ManifestPage(decoding: later) }
            #expect(page?.code == .unsupportedVersion)
            let root = #expect(throws: CodecError.self) { _ = try ManifestRoot(decoding: later) }
            #expect(root?.code == .unsupportedVersion)
        }
    }

    @Test func senselessPagesThrow() throws {
        func bytes(level: UInt8 = 0, count: UInt32, places: [UInt16]) -> [UInt8] {
            var writer = BinaryWriter()
            writer.append(Array("SNPG".utf8))
            writer.append(UInt16(1))
            writer.append(UInt8(2))
            writer.append(level)
            writer.append(count)
            writer.append(UInt32(0))
            for place in places {
                writer.append(place)
                writer.append(Sample.digest(from: 1).bytes)
            }
            return writer.bytes
        }
        _ = try ManifestPage(decoding: bytes(count: 2, places: [3, 4]))
        for wrong in [
            bytes(count: 0, places: []), bytes(count: 2, places: [4, 3]), bytes(count: 2, places: [3, 3]),
            bytes(count: 1, places: [1_024]), bytes(count: 1, places: [.max]),
            bytes(count: 3, places: [1, 2]),
            bytes(count: 1, places: [1, 2]), bytes(count: 1_025, places: (0..<1_025).map { $0 }),
            bytes(count: .max, places: [1]), bytes(level: 7, count: 1, places: [1]),
            bytes(level: 255, count: 1, places: [1]),
        ] {
            #expect(throws: CodecError.self) { _ = try ManifestPage(decoding: wrong) }
        }
    }

    @Test(arguments: [0, 1, 524_288, 1 << 29, (1 << 29) + 1, 1 << 46, Int.max / 2] as [Int])
    func rootsOfAnySize(byteCount: Int) throws {
        for top in [nil, PageID(Sample.digest(from: 9))] {
            let root = ManifestRoot(volumeByteCount: byteCount, top: top)
            #expect(try ManifestRoot(decoding: root.encoded()) == root)
        }
    }

    /// The size is the only field that could lead to sums that overflow.
    @Test(arguments: [UInt64(Int.max / 2) + 1, UInt64(Int.max), UInt64.max])
    func impossibleSizesThrow(byteCount: UInt64) {
        for level in UInt8(0)..<8 {
            var bytes = Self.root.encoded()
            var writer = BinaryWriter()
            writer.append(byteCount)
            bytes.replaceSubrange(16..<24, with: writer.bytes)
            bytes[7] = level
            #expect(throws: CodecError.self) { _ = try ManifestRoot(decoding: bytes) }
        }
    }
}
