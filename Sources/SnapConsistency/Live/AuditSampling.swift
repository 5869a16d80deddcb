internal import SnapSystem
internal import Synchronization

/// An `AuditSample`, and what the first copy has of it, which is fetched by a thread of its own: nobody waits for that under the
/// freeze, or before it.
final class AuditSampling: Sendable {
    /// Read once, to know how long that takes.
    struct Tried: Sendable {
        var sample: AuditSample
        var requestCount: Int
        var duration: Duration
    }

    private let trying = WorkerGroup()
    private let fetching = WorkerGroup()
    private let trial = Mutex<Result<Tried, ConsistencyError>?>(nil)
    private let expectation = Mutex<Result<[Int: [UInt8]], ConsistencyError>>(.success([:]))

    init(
        unitCount: Int, leavingOut isKnown: @escaping @Sendable (Int) -> Bool, readBy reading: UnitReading,
        _ expect: @escaping AuditSample.Expectation
    ) {
        trying.start("live-sample") { [self] _ in
            let result = Result { () throws(ConsistencyError) in
                let sample = AuditSample.choose(unitCount: unitCount, leavingOut: isKnown)
                let (requestCount, duration) = try sample.tryOut(by: reading)
                return Tried(sample: sample, requestCount: requestCount, duration: duration)
            }
            if case .success(let tried) = result { fetch(tried.sample.units, expect) }
            trial.withLock { $0 = result }
        }
    }

    private func fetch(_ units: [Int], _ expect: @escaping AuditSample.Expectation) {
        fetching.start("live-sample") { [self] _ in
            let result = Result { () throws(ConsistencyError) in
                Dictionary(uniqueKeysWithValues: zip(units, try expect(units)))
            }
            expectation.withLock { $0 = result }
        }
    }

    var isTried: Bool { trial.withLock { $0 != nil } }

    /// Until nothing is fetched any more.
    func wait() {
        trying.wait()
        fetching.wait()
    }

    /// Waits for the trial. Throws what it threw.
    func tried() throws(ConsistencyError) -> Tried {
        trying.wait()
        guard let result = trial.withLock({ $0 }) else { preconditionFailure("a thread without an outcome") }
        return try result.get()
    }

    /// Waits for all. What the first copy has, by unit. Throws what fetching it threw.
    func expected() throws(ConsistencyError) -> [Int: [UInt8]] {
        wait()
        return try expectation.withLock { $0 }.get()
    }
}
