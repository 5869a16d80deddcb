internal import SnapDevice
internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import Synchronization

/// A run of blocks that are read, hashed and sorted together.
struct BlockRun: Sendable {
    /// How many blocks a run has at the most: enough for large reads and for hashing two at a time.
    static let blockLimit = 4
    static let byteLimit = blockLimit * BlockGeometry.byteCount

    var first: BlockIndex
    var blockCount: Int

    var extent: ByteExtent { ByteExtent(offset: first.byteOffset, byteCount: blockCount * BlockGeometry.byteCount) }
}

/// Hands the blocks of a volume to its readers, in order, leaving out those that lie wholly in holes, and whole leaves
/// that need not be read.
final class BlockCursor: Sendable {
    struct Step {
        /// Runs of blocks in holes that were passed on the way to the run: zero, and not to be read.
        var holes: [Range<Int>]
        /// nil at the end of the volume.
        var run: BlockRun?
    }

    private let reader: VolumeReader
    private let blockCount: Int
    /// What is to be handed out, in order.
    private let spans: [Range<Int>]
    private let state = Mutex(State())

    private struct State {
        /// In `spans`.
        var span = 0
        /// Blocks before this one are done with.
        var nextBlock = 0
        /// The last run of blocks that was found to hold data; before it, nothing does that is not done with.
        var data = 0..<0
    }

    /// `leaves` are left out as if the volume did not have them.
    init(_ reader: VolumeReader, skipping leaves: Set<Int> = []) {
        self.reader = reader
        blockCount = BlockGeometry.blockCount(ofByteCount: reader.byteCount)
        spans = Self.spans(blockCount: blockCount, skipping: leaves)
    }

    private static func spans(blockCount: Int, skipping leaves: Set<Int>) -> [Range<Int>] {
        var spans: [Range<Int>] = []
        var start = 0
        for number in leaves.sorted() {
            let skipped = ManifestFormat.blocks(ofLeaf: number, blockCount: blockCount)
            if start < skipped.lowerBound { spans.append(start..<skipped.lowerBound) }
            start = skipped.upperBound
        }
        if start < blockCount { spans.append(start..<blockCount) }
        return spans
    }

    /// The next run, and the holes passed on the way to it. From any thread.
    func next() throws(DeviceError) -> Step {
        try state.withLock { (state) throws(DeviceError) in
            var holes: [Range<Int>] = []
            while state.span < spans.count {
                let span = spans[state.span]
                let start = max(state.nextBlock, span.lowerBound)
                if start >= state.data.upperBound { state.data = try findData(from: start) }
                let first = max(start, state.data.lowerBound)
                if start < min(first, span.upperBound) { holes.append(start..<min(first, span.upperBound)) }
                if first < span.upperBound {
                    let run = run(from: first, before: min(state.data.upperBound, span.upperBound))
                    state.nextBlock = first + run.blockCount
                    if state.nextBlock == span.upperBound { state.span += 1 }
                    return Step(holes: holes, run: run)
                }
                state.span += 1
            }
            return Step(holes: holes, run: nil)
        }
    }

    /// Runs end at multiples of their limit, so that equal volumes are read alike.
    private func run(from first: Int, before end: Int) -> BlockRun {
        let limit = (first / BlockRun.blockLimit + 1) * BlockRun.blockLimit
        return BlockRun(first: BlockIndex(first), blockCount: min(limit, end) - first)
    }

    private func findData(from block: Int) throws(DeviceError) -> Range<Int> {
        guard let data = try reader.nextData(from: block * BlockGeometry.byteCount) else {
            return blockCount..<blockCount
        }
        let end = min(blockCount, BlockGeometry.blockCount(ofByteCount: data.end))
        return data.offset / BlockGeometry.byteCount..<end
    }
}
