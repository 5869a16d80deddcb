internal import Glibc
internal import SnapSystem
internal import Synchronization

/// Wakes the loop of the freezer: for a signal by its number, for its own threads by 0.
///
/// What would crash the process thaws in the handler, and then ends it as it would have.
enum FreezerSignals {
    /// Faults of the program itself: it cannot go on after them.
    private static let crashes = [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP]
    /// Harmless by themselves: a child, a window, urgent bytes, and the end of a stop.
    private static let ignored = [SIGCHLD, SIGWINCH, SIGURG, SIGCONT]
    private static let uncatchable = [SIGKILL, SIGSTOP]
    /// The last of the real-time signals (signal(7)).
    private static let lastNumber: CInt = 64

    /// Every signal that can be caught from here on ends in `writing`.
    static func catchAll(_ writing: borrowing OwnedDescriptor) {
        _ = fcntl(writing.rawValue, F_SETFL, O_NONBLOCK)
        wakingPipe.store(writing.rawValue, ordering: .releasing)
        for number in 1...lastNumber where !(ignored + uncatchable).contains(number) {
            if crashes.contains(number) { signal(number, thawAndCrash) } else { signal(number, wake) }
        }
    }

    /// From any thread.
    static func wakeLoop() { writeToPipe(0) }
}

/// The writing end of the pipe; of the module, since a handler can reach nothing else.
private let wakingPipe = Atomic<CInt>(-1)

private func writeToPipe(_ byte: UInt8) {
    let before = errno
    var byte = byte
    _ = write(wakingPipe.load(ordering: .acquiring), &byte, 1)
    errno = before
}

private func wake(_ number: CInt) { writeToPipe(UInt8(truncatingIfNeeded: number)) }

private func thawAndCrash(_ number: CInt) {
    FrozenDescriptors.thawAll()
    signal(number, SIG_DFL)
    raise(number)
}
