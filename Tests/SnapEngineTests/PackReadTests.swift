import SnapModel
import SnapStore
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

@Suite("Plans of reads")
struct PackReadTests {
    /// Bodies in packs, with gaps of all kinds between them.
    private func bodies(using random: inout SeededRandom) -> [PackRead.Body] {
        var bodies: [PackRead.Body] = []
        for pack in (0..<3).map({ PackID.make(at: Timestamp(millisecondsSinceEpoch: Int64($0))) }) {
            var offset = 4096
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                let gaps = [
                    0, 1, PackRead.gapLimit, PackRead.gapLimit + 1,
                    Int.random(in: 0..<600_000, using: &random),
                ]
                offset += gaps.randomElement(using: &random) ?? 0
                let byteCount = Int.random(in: 1...BlockGeometry.byteCount, using: &random)
                let bytes = random.bytes(32)
                guard let digest = Digest(bytes: bytes) else { continue }
                let entry = PackEntry(
                    digest: digest,
                    offset: offset,
                    storedByteCount: byteCount,
                    plainByteCount: BlockGeometry.byteCount,
                    codec: .lz4,
                    checksum: 0
                )
                bodies.append(
                    PackRead.Body(
                        location: ChunkLocation(pack: pack, entry: entry),
                        blocks: [BlockIndex(bodies.count)]
                    )
                )
                offset += byteCount
            }
        }
        return bodies
    }

    @Test(arguments: [1, 2, 3, UInt64.random(in: 0...9_999)]) func coverEverythingOnce(seed: UInt64) {
        print("pack reads: seed \(seed)")
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let bodies = bodies(using: &random)
            let reads = PackRead.plan(bodies.shuffled(using: &random))
            let planned = reads.flatMap { read in read.bodies.map { ($0, read) } }
            #expect(planned.map { $0.0.blocks[0].rawValue }.sorted() == Array(bodies.indices))
            for (body, read) in planned {
                let entry = body.location.entry
                #expect(body.location.pack == read.pack)
                #expect(entry.offset >= read.start)
                #expect(entry.offset + entry.storedByteCount <= read.start + read.byteCount)
            }
            for read in reads { check(read) }
            for (read, next) in zip(reads, reads.dropFirst()) where read.pack == next.pack {
                #expect(!couldJoin(read, next), "they should have been one")
            }
        }
    }

    private func check(_ read: PackRead) {
        #expect(
            read.start % ObjectAlignment.byteCount == 0 && read.byteCount % ObjectAlignment.byteCount == 0
        )
        #expect(read.byteCount <= PackRead.bufferByteCount)
        for (body, next) in zip(read.bodies, read.bodies.dropFirst()) {
            let end = body.location.entry.offset + body.location.entry.storedByteCount
            #expect(
                next.location.entry.offset >= end && next.location.entry.offset - end <= PackRead.gapLimit
            )
        }
    }

    private func couldJoin(_ read: PackRead, _ next: PackRead) -> Bool {
        guard let last = read.bodies.last?.location.entry, let first = next.bodies.first?.location.entry
        else { return false }
        let end = last.offset + last.storedByteCount
        return first.offset - end <= PackRead.gapLimit
            && first.offset + first.storedByteCount - read.start <= PackRead.byteLimit
    }

    @Test func ofNothing() { #expect(PackRead.plan([]).isEmpty) }
}
