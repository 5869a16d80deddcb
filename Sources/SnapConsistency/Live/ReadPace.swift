internal import SnapSystem
internal import SnapTracking

/// How fast units of a volume are read, as it was measured in its last passes.
struct ReadPace: Hashable, Sendable {
    /// Of a disk that has to seek, until it is known.
    private var secondsPerRequest = 0.005
    private var secondsPerByte = 0.0
    private(set) var isMeasured = false

    /// `requestCount` requests for `unitCount` units took so long.
    mutating func note(_ requestCount: Int, _ unitCount: Int, seconds: Double) {
        guard requestCount >= Self.leastRequestCount else { return }
        isMeasured = true
        secondsPerRequest = seconds / Double(requestCount)
        secondsPerByte = seconds / Double(unitCount * MarkLayout.unitByteCount)
    }

    /// In seconds. The worse of what the number of places and the number of bytes would make it.
    func estimate(_ remaining: MarkCount) -> Double {
        max(
            Double(remaining.runCount) * secondsPerRequest,
            Double(remaining.unitCount * MarkLayout.unitByteCount) * secondsPerByte)
    }

    /// How many requests for a unit can be made in so many seconds.
    func requestCount(within seconds: Double) -> Int { Int(min(seconds / secondsPerRequest, 1e6)) }

    /// Of fewer, the start of the threads is most of the time.
    private static let leastRequestCount = 16
}
