internal import SnapSystem
internal import Synchronization

/// An `AuditSample` that is being fetched, by a thread of its own, and read once to know how long that takes.
final class AuditSampling: Sendable {
    struct Fetched: Sendable {
        var sample: AuditSample
        var requestCount: Int
        var duration: Duration
    }

    private let group = WorkerGroup()
    private let outcome = Mutex<Result<Fetched, ConsistencyError>?>(nil)

    init(
        unitCount: Int, leavingOut isKnown: @escaping @Sendable (Int) -> Bool, readBy reading: UnitReading,
        _ expectation: @escaping AuditSample.Expectation
    ) {
        group.start("live-sample") { [self] _ in
            let result = Result { () throws(ConsistencyError) in
                let sample = try AuditSample.choose(unitCount: unitCount, leavingOut: isKnown, expectation)
                let (requestCount, duration) = try sample.tryOut(by: reading)
                return Fetched(sample: sample, requestCount: requestCount, duration: duration)
            }
            outcome.withLock { $0 = result }
        }
    }

    var isReady: Bool { outcome.withLock { $0 != nil } }

    /// Until nothing is fetched any more.
    func wait() { group.wait() }

    /// Waits for it. Throws what fetching it threw.
    func fetched() throws(ConsistencyError) -> Fetched {
        group.wait()
        guard let result = outcome.withLock({ $0 }) else { preconditionFailure("a thread without an outcome") }
        return try result.get()
    }
}
