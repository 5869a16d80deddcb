internal import Glibc
internal import SnapSystem
internal import Synchronization

/// Counts what happens on several threads.
package final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    package var value: Int { count.load(ordering: .sequentiallyConsistent) }

    /// Returns the new value.
    @discardableResult
    package func add(_ number: Int = 1) -> Int {
        count.add(number, ordering: .sequentiallyConsistent).newValue
    }
}

package enum Waiting {
    /// Whether `condition` came true within `seconds`; asks every few milliseconds.
    package static func until(seconds: Double = 20, _ condition: () -> Bool) -> Bool {
        let watch = Stopwatch()
        while !condition() {
            guard watch.seconds < seconds else { return false }
            usleep(2_000)
        }
        return true
    }

    /// Time for something that must not happen.
    package static func aMoment() { usleep(50_000) }
}
