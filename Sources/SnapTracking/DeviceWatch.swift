internal import SnapModel
internal import SnapSystem
internal import Synchronization

/// What a watch counts the writes to: that which the kernel counts them for, too.
enum CountedDevice: Hashable, Sendable {
    case disk
    /// That which transfers are asked of, which may be a partition.
    case asked
}

/// The program that watches the writes to an extent of a device, and the proof that it missed none.
///
/// The kernel leaves a program out where another one is running on that processor (bpf_prog_active), and does not say so. Some
/// leave out all programs on behalf of processes that nobody shall look into. But the kernel counts the sectors that are written
/// all the same. So the program counts those that it is told of, and what the two counts differ by must stay what it was in the
/// beginning, whenever nothing is between the two.
final class DeviceWatch: Sendable {
    /// What the kernel has counted, next to what the program has.
    enum Comparison: Hashable, Sendable { case equal, more, less }

    private let program: Program
    private let kernel: WrittenSectors
    private let words: MarkWords
    /// The program's count.
    private let counter: Int
    private let base = Mutex(Base())

    /// What the counts differ by where all was seen.
    private struct Base {
        var difference = Int64.min
        /// Whether it was found while nothing was under way. Else it may be too little.
        var isExact = false
    }

    /// Counts in the word `counter`.
    init(
        _ kind: MarkingProgram.Kind, _ extent: TrackedExtent, _ counted: CountedDevice, _ marks: MarkSet,
        _ tracepoint: Tracepoint, countingIn counter: Int
    ) throws(TrackingError) {
        (words, self.counter) = (marks.words, counter)
        kernel = try WrittenSectors(of: counted == .disk ? extent.disk : extent.device)
        program = try Program(
            MarkingProgram.assemble(kind, extent, counted, marks, tracepoint, countingIn: counter), at: tracepoint)
    }

    /// What was missed until now does not count any more.
    ///
    /// Looks until nothing was under way often enough, so that nothing is between the two counts; where that does not happen, for a
    /// tenth of a second.
    func restart() throws(TrackingError) {
        var (most, steadyCount): (Int64, Int) = (.min, 0)
        for _ in 0..<Self.restartLimit where steadyCount < Self.steadyLimit {
            let isIdle = try kernel.isIdle()
            let difference = try difference()
            if difference > most { (most, steadyCount) = (difference, 0) }
            if isIdle, difference == most { steadyCount += 1 }
            CurrentProcess.rest(for: Self.pause)
        }
        let isExact = steadyCount == Self.steadyLimit
        // What is too little may be less than was known before.
        base.withLock { $0 = Base(difference: isExact ? most : max($0.difference, most), isExact: isExact) }
    }

    /// From now on the counts may differ by what they do now.
    func accept(isAtRest: Bool) throws(TrackingError) {
        let difference = try difference()
        base.withLock { $0 = Base(difference: difference, isExact: isAtRest) }
    }

    func isIdle() throws(TrackingError) -> Bool {
        for _ in 0..<Self.idleLimit {
            if try kernel.isIdle() { return true }
            CurrentProcess.rest(for: Self.pause)
        }
        return false
    }

    var isExact: Bool { base.withLock { $0.isExact } }

    func compare() throws(TrackingError) -> Comparison {
        let base = base.withLock { $0.difference }
        for _ in 0..<Self.comparisonLimit {
            let difference = try difference()
            if difference == base { return .equal }
            if difference > base { return .more }
            // A processor is held up on its way from the one count to the other.
            CurrentProcess.rest(for: Self.pause)
        }
        return .less
    }

    /// What the kernel has counted more than the program. A request that is on its way from the one count to the other makes
    /// it too little, perhaps less than nothing, never too much: so the most of several is best.
    private func difference() throws(TrackingError) -> Int64 {
        var most = Int64.min
        var steadyCount = 0
        for _ in 0..<Self.sampleLimit where steadyCount < Self.sampleCount {
            let before = words.read(counter)
            let difference = Int64(bitPattern: try kernel.count() &- before)
            guard words.read(counter) == before else { continue }
            most = max(most, difference)
            steadyCount += 1
        }
        guard steadyCount == Self.sampleCount else {
            throw TrackingError(.marksLost, "its disk is written to so fast that writes cannot be counted")
        }
        return most
    }

    private static let (sampleCount, sampleLimit) = (3, 10_000)
    private static let comparisonLimit = 400
    private static let idleLimit = 100
    private static let (restartLimit, steadyLimit) = (200, 10)
    private static let pause = Duration.microseconds(500)
}
