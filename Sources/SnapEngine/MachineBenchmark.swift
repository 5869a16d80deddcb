internal import SnapCodec
internal import SnapDevice
internal import SnapModel
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// Times one kind of work at a time.
enum MachineBenchmark {
    enum Computation: String, CaseIterable, Sendable {
        case zeroTest = "zero test"
        case hash = "SHA-256"
        case compress = "LZ4 compress"
        case decompress = "LZ4 decompress"
    }

    private static let duration: Duration = .seconds(1)
    private static let readByteLimit = 2 << 30
    private static let readerCount = 4
    private static let writeByteCount = 512 << 20
    private static let writePieceByteCount = 4 << 20

    /// Computes for about a second on `threadCount` threads.
    static func compute(_ work: Computation, threadCount: Int) -> BenchmarkLine {
        let done = Atomic(0)
        let group = WorkerGroup()
        let watch = Stopwatch()
        group.start("snap-bench", count: threadCount) { _ in
            guard let subject = try? Subject() else { return }
            while watch.elapsed < duration { done.add(subject.perform(work), ordering: .relaxed) }
        }
        group.wait()
        return BenchmarkLine(
            name: work.rawValue, threadCount: threadCount, byteCount: done.load(ordering: .relaxed),
            seconds: watch.seconds)
    }

    /// Reads the first 2 GiB of a volume as a snapshot does. The volume need not be idle: nothing is kept of it.
    static func read(_ path: FilePath) throws(EngineError) -> BenchmarkLine {
        let reader = try reading { () throws(DeviceError) in
            try VolumeReader(opening: try VolumeFacts.inspect(path), claiming: false)
        }
        defer { reader.close() }
        let end = min(reader.byteCount, readByteLimit)
        let pool = try BufferPool.forEngine(bufferByteCount: BlockRun.byteLimit, bufferCount: readerCount)
        let next = Atomic(0)
        let failure = FirstFailure<EngineError>()
        let group = WorkerGroup()
        let watch = Stopwatch()
        group.start("snap-bench", count: readerCount) { _ in
            let buffer = pool.lease()
            while !failure.hasFailed {
                let offset = next.add(BlockRun.byteLimit, ordering: .relaxed).oldValue
                guard offset < end else { return }
                do throws(DeviceError) {
                    try reader.read(into: buffer, range: 0..<BlockRun.byteLimit, at: offset)
                } catch {
                    failure.record(EngineError(error))
                }
            }
        }
        group.wait()
        try failure.rethrow()
        return BenchmarkLine(name: "read", threadCount: readerCount, byteCount: end, seconds: watch.seconds)
    }

    /// Writes a scratch file past the page cache, and makes it durable.
    static func write(below folder: FilePath) throws(EngineError) -> BenchmarkLine {
        let path = folder.appending(
            ".snapctl-benchmark" + AtomicFile.temporaryMarker + ProcessIdentity.current.description)
        do throws(SystemError) {
            let piece = try AlignedBuffer(byteCount: writePieceByteCount)
            fill(piece)
            let file = try OwnedDescriptor(
                openingPossiblyDirect: path, .writeOnly, direct: true, options: [.create, .exclusive],
                permissions: 0o600)
            // Gone with its descriptor, also when the process is killed.
            try File.remove(path)
            let watch = Stopwatch()
            for offset in stride(from: 0, to: writeByteCount, by: writePieceByteCount) {
                try file.write(piece, range: 0..<writePieceByteCount, at: offset)
            }
            try file.synchroniseContents()
            return BenchmarkLine(name: "write", threadCount: 1, byteCount: writeByteCount, seconds: watch.seconds)
        } catch {
            throw EngineError(error)
        }
    }

    /// Contents that compress to about half: words that repeat, and noise.
    private static func fill(_ buffer: borrowing AlignedBuffer) {
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        var bytes = [UInt8](repeating: 0, count: buffer.byteCount)
        for index in bytes.indices {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes[index] =
                index / 64 % 2 == 0 ? UInt8(truncatingIfNeeded: state >> 56) : UInt8(truncatingIfNeeded: index)
        }
        buffer.store(bytes, at: 0)
    }

    /// What one thread works on: two blocks, and their compressed form.
    private struct Subject: ~Copyable {
        private static let block = 0..<BlockGeometry.byteCount
        private let plain: AlignedBuffer
        private let stored: AlignedBuffer
        private let result: AlignedBuffer
        private let hasher: BlockHasher
        private let storedByteCount: Int

        init() throws(SystemError) {
            try self.init(
                plain: AlignedBuffer(byteCount: 2 * BlockGeometry.byteCount),
                stored: AlignedBuffer(byteCount: LZ4.bound(BlockGeometry.byteCount)),
                result: AlignedBuffer(byteCount: BlockGeometry.byteCount))
        }

        private init(
            plain: consuming AlignedBuffer, stored: consuming AlignedBuffer, result: consuming AlignedBuffer
        ) {
            fill(plain)
            let limit = LZ4.bound(Self.block.count)
            storedByteCount = LZ4.compress(plain, range: Self.block, into: stored, at: 0, limit: limit) ?? 0
            // Written once before it is timed.
            result.clear(Self.block)
            self.plain = plain
            self.stored = stored
            self.result = result
            hasher = BlockHasher()
        }

        /// Returns how many bytes of volume were worked on.
        borrowing func perform(_ work: Computation) -> Int {
            let second = Self.block.upperBound..<2 * Self.block.upperBound
            switch work {
            case .zeroTest:
                _ = ZeroTest.isZero(result, range: Self.block)
            case .hash:
                _ = hasher.digests(of: plain, ranges: [Self.block, second])
                return 2 * Self.block.count
            case .compress:
                _ = LZ4.compress(plain, range: Self.block, into: stored, at: 0, limit: LZ4.bound(Self.block.count))
            case .decompress:
                try? LZ4.decompress(stored, range: 0..<storedByteCount, into: result, targetRange: Self.block)
            }
            return Self.block.count
        }
    }
}
