import SnapCodec
import SnapModel
import SnapSystem
import SnapTestSupport
import Testing

@testable import SnapStore

@Suite("Packs, written and read")
struct PackTests {
    private static let blockByteCount = BlockGeometry.byteCount

    /// Compressible or not, by its number.
    private static func block(_ number: Int) -> [UInt8] {
        if number % 2 == 0 { return SeededRandom.bytes(blockByteCount, seed: UInt64(number)) }
        let part = SeededRandom.bytes(64, seed: UInt64(number))
        return (0..<(blockByteCount / 64)).flatMap { _ in part }
    }

    @Test(arguments: StoreKind.allCases)
    func blocksOverSeveralSegments(kind: StoreKind) throws {
        try kind.with { objects, outside in
            let blocks = (0..<30).map(Self.block)
            let sealed = try writePack(of: blocks, in: objects, bodiesPerSegment: [8, 1, 9, 12])
            #expect(sealed.kind == .blocks && sealed.id == Sample.pack() && sealed.entries.count == 30)
            let reader = PackReader(outside.reopen())
            #expect(try reader.list(sealed.id) == sealed)
            #expect(try objects.byteCount(of: StoreLayout.key(of: sealed.id)) == sealed.byteCount)
            for (number, entry) in sealed.entries.enumerated() {
                #expect(entry.codec == (number % 2 == 0 ? .raw : .lz4))
                #expect(entry.plainByteCount == Self.blockByteCount)
                let location = ChunkLocation(pack: sealed.id, entry: entry)
                #expect(
                    try reader.page(PageID(entry.digest), at: location) == blocks[number],
                    "block \(number)"
                )
            }
            let compressed = sealed.entries.filter { $0.codec == .lz4 }
            #expect(compressed.allSatisfy { $0.storedByteCount < 10_000 })
        }
    }

    @Test(arguments: StoreKind.allCases)
    func pagesOfEverySize(kind: StoreKind) throws {
        try kind.with { objects, outside in
            var generator = SeededRandom(seed: 3)
            let counts =
                [1, 50, 4_095, 4_096, ManifestFormat.pageByteLimit]
                + (0..<300).map { _ in
                    Int.random(in: 1...ManifestFormat.pageByteLimit, using: &generator)
                }
            let pages = counts.map { generator.bytes($0) }
            let hasher = BlockHasher()
            var writer = try PackWriter(Sample.pack(), kind: .pages, in: objects, targetByteCount: 32 << 20)
            var next = 0
            while next < pages.count {
                var segment = PackSegment(buffer: try AlignedBuffer(byteCount: PackSegment.bufferByteCount))
                while next < pages.count, !segment.isFull {
                    segment.append(hasher.digest(of: pages[next]), page: pages[next])
                    next += 1
                }
                try writer.append(segment)
            }
            let unpublished = try writer.finish()
            let store = try Store.openOrCreate(objects, at: Sample.time)
            let sealed = try #require(try store.publish([unpublished]).first)
            #expect(try store.packIDs() == [sealed.id])
            let reader = PackReader(outside.reopen())
            #expect(try reader.list(sealed.id) == sealed)
            for (page, entry) in zip(pages, sealed.entries) {
                let location = ChunkLocation(pack: sealed.id, entry: entry)
                #expect(try reader.page(PageID(entry.digest), at: location) == page)
            }
        }
    }

    @Test func aSegmentIsFullInTime() throws {
        var segment = PackSegment(buffer: try AlignedBuffer(byteCount: PackSegment.bufferByteCount))
        #expect(segment.entries.isEmpty && !segment.isFull)
        let plain = try AlignedBuffer(byteCount: Self.blockByteCount)
        plain.store(Self.block(0), at: 0)
        var count = 0
        while !segment.isFull {
            count += 1
            let stored = segment.append(Sample.digest(of: "\(count)"), plain, range: 0..<Self.blockByteCount)
            #expect(stored == Self.blockByteCount)
        }
        #expect(count == 8 && segment.entries.count == 8)
        #expect(segment.pad() % ObjectAlignment.byteCount == 0)
    }

    /// Any byte of a body: the CRC finds it, and the error names the chunk.
    @Test(arguments: [0, 1, 5_000, 300_000])
    func damagedBodies(place: Int) throws {
        let objects = MemoryObjectStore()
        let sealed = try writePack(of: (0..<4).map(Self.block), in: objects, bodiesPerSegment: [2, 2])
        let key = StoreLayout.key(of: sealed.id)
        let whole = try objects.get(key)
        let reader = PackReader(objects)
        for entry in sealed.entries {
            var damaged = whole
            damaged[entry.offset + place % entry.storedByteCount] ^= 0x10
            try objects.put(damaged, to: key)
            #expect(try reader.list(sealed.id) == sealed, "the footer is whole")
            for other in sealed.entries {
                let location = ChunkLocation(pack: sealed.id, entry: other)
                if other == entry {
                    let error = #expect(throws: StoreError.self) {
                        _ = try reader.page(PageID(other.digest), at: location)
                    }
                    #expect(error?.code == .damaged && error?.damagedDigest == entry.digest)
                    #expect(error?.description.contains(key.path) == true)
                } else {
                    _ = try reader.page(PageID(other.digest), at: location)
                }
            }
        }
    }

    /// Bytes that are whole but of other content, length or codec than the index says.
    @Test func wrongLocations() throws {
        let objects = MemoryObjectStore()
        let sealed = try writePack(of: (0..<4).map(Self.block), in: objects, bodiesPerSegment: [4])
        let reader = PackReader(objects)
        let entry = sealed.entries[1]
        func change(_ change: (inout PackEntry) -> Void) -> ChunkLocation {
            var entry = entry
            change(&entry)
            return ChunkLocation(pack: sealed.id, entry: entry)
        }
        let wrong = [
            change { $0.digest = Sample.digest(of: "other") }, change { $0.offset += 1 },
            change { $0.storedByteCount -= 1 }, change { $0.storedByteCount += 1 },
            change { $0.plainByteCount -= 1 },
            change { $0.plainByteCount += 1 }, change { $0.codec = .raw }, change { $0.checksum ^= 1 },
            change { $0.offset = sealed.byteCount - 10 }, change { $0.offset = 1 << 40 },
            change { $0.storedByteCount = 0 },
        ]
        // A raw body must not be copied over what follows its place.
        var raw = sealed.entries[0]
        raw.plainByteCount -= 1
        for location in wrong + [ChunkLocation(pack: sealed.id, entry: raw)] {
            let error = #expect(throws: StoreError.self, "\(location)") {
                _ = try reader.page(PageID(location.entry.digest), at: location)
            }
            #expect(error?.code == .damaged && error?.damagedDigest == location.entry.digest, "\(location)")
        }
        let absent = #expect(throws: StoreError.self) {
            _ = try reader.page(PageID(entry.digest), at: ChunkLocation(pack: Sample.pack(9), entry: entry))
        }
        #expect(absent?.code == .missing)
    }

    @Test func aPackUnderTheNameOfAnother() throws {
        let objects = MemoryObjectStore()
        let sealed = try writePack(of: [Self.block(1)], in: objects, bodiesPerSegment: [1])
        let other = Sample.pack(1)
        try objects.put(objects.get(StoreLayout.key(of: sealed.id)), to: StoreLayout.key(of: other))
        let error = #expect(throws: StoreError.self) { _ = try PackReader(objects).list(other) }
        #expect(error?.code == .damaged)
        #expect(error?.description.contains("\(sealed.id)") == true)
    }

    @Test func abandonedPacks() throws {
        let objects = MemoryObjectStore()
        let writer = try PackWriter(Sample.pack(), kind: .blocks, in: objects, targetByteCount: 1 << 20)
        writer.abandon()
        #expect(try objects.keys(under: "packs/") == [])
    }

    private func writePack(
        of blocks: [[UInt8]],
        in objects: any ObjectStore,
        bodiesPerSegment: [Int]
    ) throws -> SealedPack {
        let plain = try AlignedBuffer(byteCount: Self.blockByteCount + 4_096)
        let range = 4_096..<plain.byteCount
        let hasher = BlockHasher()
        var writer = try PackWriter(Sample.pack(), kind: .blocks, in: objects, targetByteCount: 32 << 20)
        var next = 0
        for count in bodiesPerSegment {
            var segment = PackSegment(buffer: try AlignedBuffer(byteCount: PackSegment.bufferByteCount))
            for block in blocks[next..<(next + count)] {
                plain.store(block, at: range.lowerBound)
                segment.append(hasher.digest(of: plain, range: range), plain, range: range)
            }
            next += count
            try writer.append(segment)
        }
        let unpublished = try writer.finish()
        try objects.publish([unpublished.object])
        return unpublished.pack
    }
}
