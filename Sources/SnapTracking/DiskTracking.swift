internal import SnapModel
internal import SnapSystem

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
    private let baseline: UInt64

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
        baseline = try Self.difference(kernel, words, counter)
    }

    /// Throws `marksLost` when the program was not told of all that was written.
    func confirm() throws(TrackingError) {
        guard try Self.difference(kernel, words, counter) == baseline else {
            throw TrackingError(
                .marksLost,
                "the kernel left out the program that marks writes, most likely for that of another tool with eBPF")
        }
    }

    /// What the kernel has counted more than the program.
    ///
    /// A request that is between the one count and the other makes it too little, so the most of several is right.
    private static func difference(
        _ kernel: WrittenSectors, _ words: MarkWords, _ counter: Int
    ) throws(TrackingError) -> UInt64 {
        var most: UInt64 = 0
        var steadyCount = 0
        for _ in 0..<sampleLimit where steadyCount < sampleCount {
            let before = words.read(counter)
            let difference = try kernel.count() &- before
            guard words.read(counter) == before else { continue }
            most = max(most, difference)
            steadyCount += 1
        }
        guard steadyCount == sampleCount else {
            throw TrackingError(.marksLost, "its disk is written to so fast that writes cannot be counted")
        }
        return most
    }

    private static let (sampleCount, sampleLimit) = (5, 10_000)
}
