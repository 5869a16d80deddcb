internal import SnapModel
internal import SnapSystem
internal import Synchronization

/// The program that tracks the writes to an extent of a disk, and the proof that it missed none.
///
/// The kernel leaves a program out where another one is running on that processor (bpf_prog_active), and does not say so. But
/// it counts the sectors that are written all the same. So the program counts those that it is told of, and what the two counts
/// differ by must stay what it was in the beginning.
final class DiskTracking: Sendable {
    private let program: Program
    private let kernel: WrittenSectors
    private let words: MarkWords
    /// The program's count.
    private let counter: Int
    private let baseline = Mutex<UInt64>(0)

    /// Counts in the word `counter`.
    init(
        _ extent: TrackedExtent, _ layout: MarkLayout, _ words: MarkWords, _ tracepoint: Tracepoint,
        countingIn counter: Int
    ) throws(TrackingError) {
        (self.words, self.counter) = (words, counter)
        kernel = try WrittenSectors(of: extent.disk)
        program = try Program(
            MarkingProgram.assemble(extent, layout, tracepoint, map: words.map.rawValue, countingIn: counter),
            at: tracepoint)
        try restart()
    }

    /// What was missed until now does not count any more.
    func restart() throws(TrackingError) {
        var most: UInt64 = 0
        for _ in 0..<Self.baselineLimit {
            most = max(most, try difference())
            CurrentProcess.rest(for: Self.pause)
        }
        baseline.withLock { $0 = max($0, most) }
    }

    /// Throws `marksLost` when the program was not told of all that was written.
    func confirm() throws(TrackingError) {
        let baseline = baseline.withLock { $0 }
        for _ in 0..<Self.confirmationLimit {
            let difference = try difference()
            if difference == baseline { return }
            guard difference < baseline else {
                throw TrackingError(
                    .marksLost,
                    "the kernel left out the program that marks writes, most likely for that of another tool with eBPF: "
                        + "\(difference - baseline) sectors were written unseen")
            }
            // A processor is held up on its way from the one count to the other.
            CurrentProcess.rest(for: Self.pause)
        }
        throw TrackingError(.marksLost, "the kernel does not count the writes to its disk as it did before")
    }

    /// What the kernel has counted more than the program. A request that is on its way from the one count to the other makes
    /// it too little, never too much: so the most of several is best.
    private func difference() throws(TrackingError) -> UInt64 {
        var most: UInt64 = 0
        var steadyCount = 0
        for _ in 0..<Self.sampleLimit where steadyCount < Self.sampleCount {
            let before = words.read(counter)
            let difference = try kernel.count() &- before
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
    private static let baselineLimit = 20
    private static let confirmationLimit = 400
    private static let pause = Duration.microseconds(500)
}
