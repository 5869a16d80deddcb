internal import Dispatch
internal import Synchronization

/// Short computations on all processors.
package enum Parallel {
    /// `body` of 0..<count, each on a thread that is free, in order. Returns when all are done.
    package static func map<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
        let results = Mutex([Result?](repeating: nil, count: count))
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let result = body(index)
            results.withLock { $0[index] = result }
        }
        return results.withLock { $0.compactMap(\.self) }
    }
}
