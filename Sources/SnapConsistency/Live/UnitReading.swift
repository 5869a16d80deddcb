internal import SnapDevice
internal import SnapModel
internal import SnapSystem
internal import SnapTracking
internal import Synchronization

/// Reads units of a volume on several threads at once, past the page cache, into memory that is there from the beginning.
final class UnitReading: Sendable {
    /// Enough for a disk that serves many at once; one that does not is not slowed down.
    private static let threadCount = 8
    /// Read by one request.
    private static let unitLimit = 64

    private let reader: VolumeReader
    private let buffers: BufferPool

    init(_ reader: VolumeReader) throws(ConsistencyError) {
        self.reader = reader
        do throws(SystemError) {
            buffers = try BufferPool(
                bufferByteCount: Self.unitLimit * MarkLayout.unitByteCount, bufferCount: Self.threadCount)
        } catch {
            throw ConsistencyError(error)
        }
    }

    /// Calls `body` with each unit of `runs` and where it is in a buffer, from several threads. Returns how many requests it took.
    /// `check` is asked before each, and may throw.
    func read(
        _ runs: [Range<Int>], heeding check: @escaping LiveCopy.Check = {},
        _ body:
            @escaping @Sendable (_ unit: Int, borrowing AlignedBuffer, _ offset: Int) throws(ConsistencyError) -> Void
    ) throws(ConsistencyError) -> Int {
        let requests = Self.requests(runs)
        let next = Atomic(0)
        let failure = FirstFailure<ConsistencyError>()
        let workers = WorkerGroup()
        let work: @Sendable () throws(ConsistencyError) -> Void = { [self] () throws(ConsistencyError) in
            let buffer = buffers.lease()
            while !failure.hasFailed {
                let number = next.add(1, ordering: .relaxed).oldValue
                guard number < requests.count else { return }
                try check()
                try read(requests[number], buffer, body)
            }
        }
        workers.start("live-read", count: min(Self.threadCount, requests.count)) { _ in
            do throws(ConsistencyError) { try work() } catch { failure.record(error) }
        }
        workers.wait()
        try failure.rethrow()
        return requests.count
    }

    private func read(
        _ units: Range<Int>, _ buffer: borrowing AlignedBuffer,
        _ body: (Int, borrowing AlignedBuffer, Int) throws(ConsistencyError) -> Void
    ) throws(ConsistencyError) {
        let byteCount = units.count * MarkLayout.unitByteCount
        do throws(DeviceError) {
            try reader.read(into: buffer, range: 0..<byteCount, at: units.lowerBound * MarkLayout.unitByteCount)
        } catch {
            throw ConsistencyError(error)
        }
        for unit in units { try body(unit, buffer, (unit - units.lowerBound) * MarkLayout.unitByteCount) }
    }

    private static func requests(_ runs: [Range<Int>]) -> [Range<Int>] {
        runs.flatMap { run in
            stride(from: run.lowerBound, to: run.upperBound, by: unitLimit).map {
                $0..<min($0 + unitLimit, run.upperBound)
            }
        }
    }
}
