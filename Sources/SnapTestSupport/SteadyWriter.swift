internal import Glibc
internal import SnapSystem
internal import Synchronization
package import SystemPackage

/// A thread that writes to a file again and again: where its filesystem is frozen, it stalls.
package final class SteadyWriter: Sendable {
    private let count = Atomic<Int>(0)
    private let isStopped = Atomic(false)
    private let group = WorkerGroup()
    /// Below /proc: `PROCESS/task/THREAD`; empty until it runs.
    private let thread = Mutex("")

    /// Lends a writer to a new file of `folder`, and waits for its end when `body` ends: not on a filesystem that stays frozen.
    package static func with<Result>(_ folder: FilePath, _ body: (SteadyWriter) throws -> Result) throws -> Result {
        let writer = try SteadyWriter(folder.appending("steady"))
        defer { writer.stop() }
        return try body(writer)
    }

    private init(_ path: FilePath) throws {
        let file = try OwnedDescriptor(opening: path, .writeOnly, options: [.create, .truncate])
        try file.close()
        group.start("writer") { [self] _ in
            guard let file = try? OwnedDescriptor(opening: path, .writeOnly) else { return }
            let thread = try? File.readLink("/proc/thread-self")
            self.thread.withLock { $0 = thread ?? "" }
            while !isStopped.load(ordering: .acquiring) {
                try? file.write([1], at: 0)
                count.add(1, ordering: .relaxed)
                usleep(writingPauseMicroseconds)
            }
        }
    }

    private func stop() {
        isStopped.store(true, ordering: .releasing)
        group.wait()
    }

    /// Whether two more writes succeed within `seconds`: the first may have begun before.
    package func goesOn(within seconds: Double) -> Bool { delay(within: seconds) != nil }

    /// How long two more writes take; nil: longer than `seconds`.
    package func delay(within seconds: Double) -> Duration? {
        let (watch, before) = (Stopwatch(), count.load(ordering: .relaxed))
        let hasGoneOn = Waiting.until(seconds: seconds) { count.load(ordering: .relaxed) >= before + 2 }
        return hasGoneOn ? watch.elapsed : nil
    }

    /// Whether a write waits for a thaw at this instant, as told by what the kernel sleeps in (proc(5), `wchan`).
    package var isHeldUp: Bool {
        let thread = thread.withLock { $0 }
        guard let place = try? File.readText(FilePath("/proc/\(thread)/wchan")) else { return false }
        return place.hasPrefix("percpu_")
    }

    /// Whether it stalls: at most the write that had begun succeeds in 60 ms.
    package var isStalled: Bool { !goesOn(within: 0.06) }
}

private let writingPauseMicroseconds: UInt32 = 1_000
