internal import SnapCodec
internal import SnapDevice
internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import Synchronization

/// Reads a volume that is at rest, and tells what the root of its manifest is: equal roots, equal bytes. Nothing is stored.
final class AuditRun: Sendable {
    private let reader: VolumeReader
    private let cursor: BlockCursor
    private let cancellation: CancellationFlag
    private let check: @Sendable () throws(EngineError) -> Void
    private let builder: Mutex<ManifestBuilder>
    private let failure = FirstFailure<EngineError>()

    /// `check` is asked before each read: whether the volume is still at rest.
    init(
        _ reader: VolumeReader, cancellation: CancellationFlag,
        _ check: @escaping @Sendable () throws(EngineError) -> Void
    ) {
        self.check = check
        self.reader = reader
        self.cancellation = cancellation
        cursor = BlockCursor(reader)
        builder = Mutex(ManifestBuilder(volumeByteCount: reader.byteCount))
    }

    func run(workerCount: Int) throws(EngineError) -> PageID {
        let workers = WorkerGroup()
        workers.start("snap-audit", count: workerCount) { [self] _ in
            do throws(EngineError) { try work() } catch { failure.record(error) }
        }
        workers.wait()
        try failure.rethrow()
        return builder.withLock { $0.finish { _ in } }
    }

    private func work() throws(EngineError) {
        let buffer = try BufferPool.forEngine(bufferByteCount: BlockRun.byteLimit, bufferCount: 1).lease()
        let hasher = BlockHasher()
        while !failure.hasFailed {
            if cancellation.isCancelled { throw EngineError(.cancelled, cancellation.reason) }
            let step = try reading { () throws(DeviceError) in try cursor.next() }
            for hole in step.holes { builder.withLock { _ = $0.accountZeros(hole) } }
            guard let run = step.run else { return }
            try check()
            try reading { () throws(DeviceError) in
                try reader.read(into: buffer, range: 0..<run.extent.byteCount, at: run.extent.offset)
            }
            account(run, buffer, hasher)
        }
    }

    private func account(_ run: BlockRun, _ buffer: borrowing AlignedBuffer, _ hasher: borrowing BlockHasher) {
        let ranges = (0..<run.blockCount).map { $0 * BlockGeometry.byteCount..<($0 + 1) * BlockGeometry.byteCount }
        let places = ranges.indices.filter { !ZeroTest.isZero(buffer, range: ranges[$0]) }
        let digests = hasher.digests(of: buffer, ranges: places.map { ranges[$0] })
        var found = [Digest?](repeating: nil, count: run.blockCount)
        for (place, digest) in zip(places, digests) { found[place] = digest }
        builder.withLock { builder in
            for (place, digest) in found.enumerated() {
                _ = builder.account(BlockIndex(run.first.rawValue + place), digest)
            }
        }
    }
}
