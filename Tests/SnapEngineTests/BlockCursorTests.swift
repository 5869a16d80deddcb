import SnapDevice
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapEngine

@Suite("Blocks in order, without holes")
struct BlockCursorTests {
    private static let block = BlockGeometry.byteCount

    private func open(_ path: FilePath) throws -> VolumeReader {
        try VolumeReader(opening: try VolumeFacts.inspect(path), claiming: false)
    }

    /// What the cursor hands out: whether each block is read, in order.
    private func walk(_ reader: VolumeReader) throws -> [Bool] {
        let cursor = BlockCursor(reader)
        var isRead: [Bool] = []
        while true {
            let step = try cursor.next()
            #expect(step.holes.count <= 1)
            for hole in step.holes {
                #expect(hole.lowerBound == isRead.count && !hole.isEmpty)
                isRead += hole.map { _ in false }
            }
            guard let run = step.run else { return isRead }
            #expect(run.first.rawValue == isRead.count && (1...BlockRun.blockLimit).contains(run.blockCount))
            let last = run.first.rawValue + run.blockCount - 1
            #expect(
                run.first.rawValue / BlockRun.blockLimit == last / BlockRun.blockLimit,
                "runs are aligned"
            )
            isRead += (0..<run.blockCount).map { _ in true }
        }
    }

    @Test(arguments: [1, 2, 3, UInt64.random(in: 0...9_999)]) func agreesWithAskingForEachBlock(seed: UInt64)
        throws
    {
        print("block cursor: seed \(seed)")
        var random = SeededRandom(seed: seed)
        try ScratchDirectory.with { directory in
            for number in 0..<40 {
                let byteCount = Int.random(in: 1...(40 * Self.block), using: &random)
                let path = try directory.sparseFile("volume-\(number)", byteCount: byteCount)
                for _ in 0..<Int.random(in: 0...8, using: &random) {
                    let offset = Int.random(in: 0..<byteCount, using: &random)
                    let length = min(byteCount - offset, Int.random(in: 1...60_000, using: &random))
                    try File.overwrite(path, [UInt8](repeating: 1, count: length), at: offset)
                }
                let reader = try open(path)
                let blockCount = BlockGeometry.blockCount(ofByteCount: byteCount)
                let expected = try (0..<blockCount).map { index in
                    guard let data = try reader.nextData(from: index * Self.block) else { return false }
                    return data.offset < (index + 1) * Self.block
                }
                #expect(try walk(reader) == expected, "file \(number) of \(byteCount) bytes")
            }
        }
    }

    /// Whole leaves are left out: neither read nor told of as holes.
    @Test(arguments: 1...4 as ClosedRange<UInt64>) func leavesOutLeaves(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        try ScratchDirectory.with { directory in
            let (leafCount, fanOut) = (5, ManifestFormat.fanOut)
            let byteCount =
                (leafCount - 1) * fanOut * Self.block + Int.random(in: 1...fanOut, using: &random) * Self.block
            let path = try directory.sparseFile("volume", byteCount: byteCount)
            for _ in 0..<Int.random(in: 0...60, using: &random) {
                try File.overwrite(path, [1], at: Int.random(in: 0..<byteCount, using: &random))
            }
            let reader = try open(path)
            let everything = try walk(reader).enumerated()
            for choice in 0..<(1 << leafCount) {
                let skipped = Set((0..<leafCount).filter { choice >> $0 & 1 == 1 })
                let expected = everything.filter { !skipped.contains($0.offset / fanOut) }
                let found = try blocks(BlockCursor(reader, skipping: skipped))
                #expect(found.map(\.index) == expected.map(\.offset), "leaves \(skipped), seed \(seed)")
                #expect(found.map(\.isRead) == expected.map(\.element), "leaves \(skipped), seed \(seed)")
            }
        }
    }

    private func blocks(_ cursor: BlockCursor) throws -> [(index: Int, isRead: Bool)] {
        var blocks: [(index: Int, isRead: Bool)] = []
        while true {
            let step = try cursor.next()
            for hole in step.holes { blocks += hole.map { ($0, false) } }
            guard let run = step.run else { return blocks }
            blocks += (0..<run.blockCount).map { (run.first.rawValue + $0, true) }
        }
    }

    @Test func fromManyThreadsEachBlockComesOnce() throws {
        try ScratchDirectory.with { directory in
            let path = try directory.sparseFile("volume", byteCount: 500 * Self.block + 1)
            for index in stride(from: 0, to: 500, by: 7) {
                try File.overwrite(path, [1], at: index * Self.block)
            }
            let cursor = BlockCursor(try open(path))
            let seen = Mutex<[Int]>([])
            let workers = WorkerGroup()
            workers.start("cursor", count: 8) { _ in
                while let step = try? cursor.next() {
                    let run =
                        step.run.map { Array($0.first.rawValue..<$0.first.rawValue + $0.blockCount) } ?? []
                    seen.withLock { $0 += step.holes.flatMap(Array.init) + run }
                    if run.isEmpty { return }
                }
            }
            workers.wait()
            #expect(seen.withLock { $0.sorted() } == Array(0...500))
        }
    }
}
