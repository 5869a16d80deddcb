internal import Synchronization

/// Somebody's wish that running work end early, and why. Set once, from any thread.
package final class CancellationFlag: Sendable {
    private let isSet = Atomic(false)
    private let text = Mutex("")

    package init() {}

    package var isCancelled: Bool { isSet.load(ordering: .acquiring) }

    /// Why, in words for a person: "interrupted (SIGINT)".
    package var reason: String { text.withLock { $0 } }

    package func cancel(_ reason: String) {
        text.withLock { if $0.isEmpty { $0 = reason } }
        isSet.store(true, ordering: .releasing)
    }
}
