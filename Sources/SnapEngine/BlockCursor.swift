internal import SnapDevice
internal import SnapModel
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

/// Hands the blocks of a volume to its readers, in order, leaving out those that lie wholly in holes.
final class BlockCursor: Sendable {
    struct Step {
        /// Blocks in holes that lie before the run: zero, and not to be read.
        var holes: Range<Int>
        /// nil at the end of the volume.
        var run: BlockRun?
    }

    private let reader: VolumeReader
    private let blockCount: Int
    private let state = Mutex(State())

    private struct State {
        var nextBlock = 0
        /// Blocks before this one hold data.
        var dataEnd = 0
    }

    init(_ reader: VolumeReader) {
        self.reader = reader
        blockCount = BlockGeometry.blockCount(ofByteCount: reader.byteCount)
    }

    /// The next run, and the holes passed on the way to it. From any thread.
    func next() throws(DeviceError) -> Step {
        try state.withLock { (state) throws(DeviceError) in
            let start = state.nextBlock
            if state.nextBlock >= state.dataEnd { try findData(&state) }
            let holes = start..<state.nextBlock
            guard state.nextBlock < blockCount else { return Step(holes: holes, run: nil) }
            // Runs end at multiples of their limit, so that equal volumes are read alike.
            let limit = (state.nextBlock / BlockRun.blockLimit + 1) * BlockRun.blockLimit
            let end = min(limit, state.dataEnd)
            let run = BlockRun(first: BlockIndex(state.nextBlock), blockCount: end - state.nextBlock)
            state.nextBlock = end
            return Step(holes: holes, run: run)
        }
    }

    private func findData(_ state: inout State) throws(DeviceError) {
        guard state.nextBlock < blockCount else { return }
        guard let data = try reader.nextData(from: state.nextBlock * BlockGeometry.byteCount) else {
            (state.nextBlock, state.dataEnd) = (blockCount, blockCount)
            return
        }
        state.nextBlock = max(state.nextBlock, data.offset / BlockGeometry.byteCount)
        state.dataEnd = min(blockCount, BlockGeometry.blockCount(ofByteCount: data.end))
    }
}
