import SnapCodec
import SnapModel
import SnapSystem
import SnapTestSupport
import Testing

@testable import SnapStore

/// swift-testing has tags of its own.
typealias SnapshotTag = SnapModel.Tag

/// Values that are the same in every run.
enum Sample {
    static let time = Timestamp(millisecondsSinceEpoch: 1_393_621_561_000)

    static func pack(_ number: Int = 0) -> PackID {
        var bytes: [UInt8] = [
            0x01, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x72, 0x34, 0x96, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x12, 0x3f,
        ]
        bytes[5] &+= UInt8(number)
        bytes[15] &+= UInt8(number)
        return PackID(bytes: bytes) ?? .make(at: time)
    }

    /// 00 01 02 … 1f, or the like of it.
    static func digest(from first: UInt8, by step: Int = 1) -> Digest {
        let bytes = (0..<32).map { UInt8(truncatingIfNeeded: Int(first) + step * $0) }
        return Digest(bytes: bytes) ?? Digest(words: (0, 0, 0, 0))
    }

    /// The digest of a text: of block contents that are not needed themselves.
    static func digest(of text: String) -> Digest { BlockHasher().digest(of: Array(text.utf8)) }

    static func snapshot(tags: [SnapshotTag] = []) throws -> Snapshot {
        let volume = Volume(
            id: try #require(VolumeID("vol-0123456789abcdef0")),
            identity: VolumeIdentity(strength: .strong, value: "wwid:eui.0025/1:partition:1"),
            path: "/dev/vdb1",
            byteCount: 1_073_741_825,
            createTime: Timestamp(millisecondsSinceEpoch: 0)
        )
        return Snapshot(
            id: try #require(SnapshotID("snap-0fedcba9876543210")),
            volume: volume,
            state: .completed,
            startTime: time,
            completionTime: Timestamp(millisecondsSinceEpoch: 1_393_621_562_345),
            ownerID: "123456789012",
            description: "nightly \"quoted\" ä/ö",
            tags: tags,
            consistency: Consistency(method: .exclusive),
            volumeByteCount: 1_073_741_825,
            processedByteCount: 1_073_741_825,
            image: SnapshotImage(
                manifestRoot: PageID(digest(from: 0)),
                fullByteCount: 524_288_000,
                newByteCount: 1_048_576,
                storedByteCount: 700_000
            )
        )
    }
}

/// What a decoder is fed to see whether it believes everything.
enum Mutations {
    /// Each byte changed in several ways, each length cut, bytes added, and random splices of the value with itself.
    static func forEach(
        of bytes: [UInt8],
        splices: Int = 2_000,
        seed: UInt64 = 1,
        _ body: ([UInt8]) throws -> Void
    ) rethrows {
        for index in bytes.indices {
            for change in [UInt8(0x01), 0x80, 0xff] {
                var mutated = bytes
                mutated[index] ^= change
                try body(mutated)
            }
        }
        for length in bytes.indices { try body(Array(bytes.prefix(length))) }
        for length in 1...min(bytes.count, 70) { try body(Array(bytes.dropFirst(length))) }
        for more in [1, 8, 64] { try body(bytes + [UInt8](repeating: 0, count: more)) }
        var generator = SeededRandom(seed: seed)
        for _ in 0..<splices { try body(spliced(bytes, &generator)) }
    }

    private static func spliced(_ bytes: [UInt8], _ generator: inout SeededRandom) -> [UInt8] {
        func part() -> Range<Int> {
            let start = Int.random(in: 0..<bytes.count, using: &generator)
            return start..<Int.random(in: start...min(bytes.count, start + 16), using: &generator)
        }
        var mutated = bytes
        let (from, to) = (part(), part())
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: mutated.replaceSubrange(to, with: bytes[from])
        case 1: mutated.replaceSubrange(to, with: generator.bytes(to.count))
        case 2:
            mutated.replaceSubrange(
                to,
                with: [UInt8](repeating: Bool.random(using: &generator) ? 0xff : 0, count: to.count)
            )
        default: mutated.removeSubrange(to)
        }
        return mutated
    }
}

/// Pages by id, in memory; counts how often each is read.
final class PageStore: PageSource {
    private let pages = SharedPages()

    func store(_ page: ManifestBuilder.Page) { pages.insert(page.id, page.bytes) }

    func page(_ id: PageID) throws(StoreError) -> [UInt8] {
        guard let bytes = pages.read(id) else {
            throw StoreError(.missing, "\(id)", "there is no page \(id)")
        }
        return bytes
    }

    /// Stores bytes under their digest.
    func sample(_ bytes: [UInt8]) -> PageID {
        let id = PageID(BlockHasher().digest(of: bytes))
        pages.insert(id, bytes)
        return id
    }

    var ids: Set<PageID> { pages.ids }
    var reads: [PageID: Int] { pages.reads }
    func forgetReads() { pages.forgetReads() }
    var byteCount: Int { pages.byteCount }
}
