internal import CLinux
internal import Dispatch

/// Threads of our own for blocking I/O, hashing and compression.
///
/// Each worker has a serial Dispatch queue, which gets a thread at once; a concurrent queue would wait for the machine
/// to look idle before it added one, and blocked readers do not look idle.
package struct WorkerGroup: Sendable {
    private let group = DispatchGroup()

    package init() {}

    /// Starts `count` workers that each run `body` with their number, from 0. `name` (≤ 15 bytes) shows in ps and top.
    package func start(_ name: String, count: Int = 1, _ body: @escaping @Sendable (Int) -> Void) {
        for index in 0..<count {
            DispatchQueue(label: "snapctl.\(name).\(index)", qos: .userInitiated).async(group: group) {
                _ = clinux_name_thread(name)
                body(index)
            }
        }
    }

    /// Waits until every worker has returned.
    package func wait() { group.wait() }
}
