internal import Synchronization

/// The first of the failures of threads that work together, and whether there was one: the first stops all.
package final class FirstFailure<Failure: Error>: Sendable {
    private let failure = Mutex<Failure?>(nil)
    private let isSet = Atomic(false)

    package init() {}

    /// Cheap enough to ask once a block.
    package var hasFailed: Bool { isSet.load(ordering: .acquiring) }

    package var first: Failure? { failure.withLock { $0 } }

    /// Keeps `error` if it is the first. True when it was.
    @discardableResult
    package func record(_ error: Failure) -> Bool {
        failure.withLock { failure in
            guard failure == nil else { return false }
            failure = error
            isSet.store(true, ordering: .releasing)
            return true
        }
    }

    /// Throws the first failure, if there was one.
    package func rethrow() throws(Failure) {
        if let first { throw first }
    }
}
