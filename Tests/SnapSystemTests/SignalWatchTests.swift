import Glibc
import SnapSystem
import SnapTestSupport
import Testing

/// In processes of their own, since a signal is for a whole process.
@Suite("Signals", .timeLimit(.minutes(20)))
struct SignalWatchTests {
    /// One watch after the other, from whatever thread.
    @Test func theFirstSignalCancels() async {
        await #expect(processExitsWith: .exitCode(17)) {
            for _ in 0..<3 {
                for (number, name) in [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")] {
                    let flag = CancellationFlag()
                    let watch = SignalWatch(cancelling: flag)
                    kill(getpid(), number)
                    guard Waiting.until({ flag.isCancelled }), flag.reason == "interrupted (\(name))" else {
                        exit(1)
                    }
                    withExtendedLifetime(watch) {}
                }
            }
            exit(17)
        }
    }

    @Test func twoWatchesAreBothTold() async {
        await #expect(processExitsWith: .exitCode(17)) {
            let (first, second) = (CancellationFlag(), CancellationFlag())
            let watches = [SignalWatch(cancelling: first), SignalWatch(cancelling: second)]
            kill(getpid(), SIGTERM)
            guard Waiting.until({ first.isCancelled && second.isCancelled }) else { exit(1) }
            withExtendedLifetime(watches) {}
            exit(17)
        }
    }

    @Test func theSecondSignalEndsTheProcess() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            let flag = CancellationFlag()
            let watch = SignalWatch(cancelling: flag)
            kill(getpid(), SIGINT)
            guard Waiting.until({ flag.isCancelled }) else { exit(1) }
            kill(getpid(), SIGTERM)
            _ = Waiting.until { false }
            withExtendedLifetime(watch) {}
            exit(2)
        }
    }

    @Test func afterwardsSignalsEndTheProcessAgain() async {
        await #expect(processExitsWith: .signal(SIGINT)) {
            let flag = CancellationFlag()
            do {
                let watch = SignalWatch(cancelling: flag)
                kill(getpid(), SIGINT)
                guard Waiting.until({ flag.isCancelled }) else { exit(1) }
                withExtendedLifetime(watch) {}
            }
            kill(getpid(), SIGINT)
            _ = Waiting.until { false }
            exit(2)
        }
    }

    /// Started by nohup(1), it is not to be stopped by the end of the terminal.
    @Test func anIgnoredHangUpStaysIgnored() async {
        await #expect(processExitsWith: .exitCode(17)) {
            signal(SIGHUP, SIG_IGN)
            let flag = CancellationFlag()
            let watch = SignalWatch(cancelling: flag)
            kill(getpid(), SIGHUP)
            Waiting.aMoment()
            guard !flag.isCancelled else { exit(1) }
            withExtendedLifetime(watch) {}
            exit(17)
        }
    }
}
