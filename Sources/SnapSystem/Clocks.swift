internal import Glibc
package import SnapModel

extension Timestamp {
    /// clock_gettime(2) with CLOCK_REALTIME.
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(millisecondsSinceEpoch: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// Measures how long something takes; not disturbed by changes of the clock.
package struct Stopwatch: Sendable {
    private let start = ContinuousClock.now

    package init() {}

    package var elapsed: Duration { start.duration(to: .now) }

    package var seconds: Double { elapsed / .seconds(1) }
}
