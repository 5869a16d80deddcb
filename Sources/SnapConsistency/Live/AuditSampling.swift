internal import SnapSystem
internal import Synchronization

/// An `AuditSample` that is being fetched, by a thread of its own.
final class AuditSampling: Sendable {
    private let group = WorkerGroup()
    private let tried = Atomic(false)
    private let outcome = Mutex<Result<AuditSample, ConsistencyError>?>(nil)

    init(
        unitCount: Int, leavingOut isKnown: @escaping @Sendable (Int) -> Bool,
        _ expectation: @escaping AuditSample.Expectation
    ) {
        group.start("live-sample") { [self] _ in
            let result = Result { () throws(ConsistencyError) in
                try AuditSample.choose(unitCount: unitCount, leavingOut: isKnown, expectation)
            }
            outcome.withLock { $0 = result }
        }
    }

    /// Whether it was read once, to know how long that takes.
    var isTried: Bool {
        get { tried.load(ordering: .acquiring) }
        set { tried.store(newValue, ordering: .releasing) }
    }

    /// Until nothing is fetched any more.
    func wait() { group.wait() }

    /// Waits for it. Throws what fetching it threw.
    func sample() throws(ConsistencyError) -> AuditSample {
        group.wait()
        guard let result = outcome.withLock({ $0 }) else { preconditionFailure("a thread without an outcome") }
        return try result.get()
    }
}
