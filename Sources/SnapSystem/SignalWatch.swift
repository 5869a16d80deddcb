internal import Glibc
internal import Synchronization

/// Turns SIGINT, SIGTERM and, unless told to leave that alone, SIGHUP into a cancellation while it lives; a second signal ends
/// the process as it would have.
/// SIGHUP stays ignored where it was: that is nohup(1). SIGINT does not: it is ignored in the background of a script, where
/// it comes only from somebody who means it.
///
/// Not by libdispatch: its sources see a signal only as long as nobody touches the disposition, and they leave signals
/// blocked, so that the second could not end the process.
package final class SignalWatch: Sendable {
    private let flag: CancellationFlag

    package init(cancelling flag: CancellationFlag, heedsHangup: Bool = true) {
        self.flag = flag
        SignalReceiver.shared.add(flag, heedsHangup: heedsHangup)
    }

    deinit { SignalReceiver.shared.remove(flag) }
}

/// The one thread of a process that learns of signals, and whom it tells.
private final class SignalReceiver: Sendable {
    static let shared = SignalReceiver()
    private static let names = [SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"]

    private let flags = Mutex<[Watched]>([])

    private struct Watched {
        var flag: CancellationFlag
        var heedsHangup: Bool
    }

    private let readingEnd: CInt

    private init() {
        var ends: [CInt] = [-1, -1]
        // It and the thread live as long as the process: a handler may run at any moment.
        precondition(pipe(&ends) == 0, "no pipe for signals: errno \(errno)")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readingEnd = ends[0]
        signalPipe.store(ends[1], ordering: .releasing)
        WorkerGroup().start("signals") { [self] _ in receive() }
    }

    func add(_ flag: CancellationFlag, heedsHangup: Bool) {
        flags.withLock { flags in
            flags.append(Watched(flag: flag, heedsHangup: heedsHangup))
            Self.watch(hangup: flags.contains(where: \.heedsHangup))
        }
    }

    func remove(_ flag: CancellationFlag) {
        flags.withLock { flags in
            if let index = flags.firstIndex(where: { $0.flag === flag }) { flags.remove(at: index) }
            guard !flags.isEmpty else { return Self.stopWatching() }
            Self.watch(hangup: flags.contains(where: \.heedsHangup))
        }
    }

    private func receive() {
        var byte: UInt8 = 0
        while true {
            guard read(readingEnd, &byte, 1) == 1 else { continue }
            let number = CInt(byte)
            let flags = flags.withLock { $0.filter { number != SIGHUP || $0.heedsHangup }.map(\.flag) }
            // Also for a signal that came in the last moment of a watch.
            if flags.isEmpty || flags.contains(where: \.isCancelled) { Self.end(by: number) }
            for flag in flags { flag.cancel("interrupted (\(Self.names[number] ?? "signal \(number)"))") }
        }
    }

    // MARK: - Dispositions

    private static func watch(hangup: Bool) {
        for number in [SIGINT, SIGTERM] { signal(number, writeToPipe) }
        guard !isIgnored(SIGHUP) else { return }
        signal(SIGHUP, hangup ? writeToPipe : SIG_DFL)
    }

    private static func stopWatching() {
        for number in names.keys where number != SIGHUP || !isIgnored(number) { signal(number, SIG_DFL) }
    }

    private static func isIgnored(_ number: CInt) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: UInt.self)
            == unsafeBitCast(SIG_IGN, to: UInt.self)
    }

    /// Ends the process by the signal, so that its parent sees what it was. Threads of libdispatch block all signals.
    private static func end(by number: CInt) {
        signal(number, SIG_DFL)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(number)
    }
}

/// The writing end of the pipe; of the module, since a signal handler can reach nothing else.
private let signalPipe = Atomic<CInt>(-1)

/// Does only what a handler may (signal-safety(7)).
private func writeToPipe(_ number: CInt) {
    let before = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(signalPipe.load(ordering: .acquiring), &byte, 1)
    errno = before
}
