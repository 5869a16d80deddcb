import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

private struct Numbered: Error, Hashable { var number: Int }

@Suite("Failing and cancelling together", .timeLimit(.minutes(20)))
struct FirstFailureTests {
    @Test func theFirstStays() throws {
        let failure = FirstFailure<Numbered>()
        #expect(!failure.hasFailed && failure.first == nil)
        try failure.rethrow()
        #expect(failure.record(Numbered(number: 1)))
        #expect(!failure.record(Numbered(number: 2)))
        #expect(failure.hasFailed && failure.first == Numbered(number: 1))
        #expect(throws: Numbered(number: 1)) { try failure.rethrow() }
    }

    @Test func ofManyThreadsOneIsFirst() {
        for _ in 0..<50 {
            let (failure, winners, workers) = (FirstFailure<Numbered>(), Counter(), WorkerGroup())
            workers.start("failing", count: 6) { index in
                if failure.record(Numbered(number: index)) { winners.add(1 + index * 1_000) }
                // Whoever has recorded sees that there was a failure.
                if !failure.hasFailed || failure.first == nil { winners.add(1) }
            }
            workers.wait()
            #expect(winners.value == 1 + (failure.first?.number ?? -1) * 1_000)
        }
    }

    @Test func theFirstReasonStays() {
        let flag = CancellationFlag()
        #expect(!flag.isCancelled && flag.reason == "")
        flag.cancel("interrupted (SIGINT)")
        flag.cancel("interrupted (SIGTERM)")
        #expect(flag.isCancelled && flag.reason == "interrupted (SIGINT)")
    }

    @Test func whoSeesTheFlagSeesTheReason() {
        for _ in 0..<100 {
            let (flag, wrong, workers) = (CancellationFlag(), Counter(), WorkerGroup())
            workers.start("watcher", count: 2) { _ in
                while !flag.isCancelled {}
                if flag.reason != "over" { wrong.add() }
            }
            flag.cancel("over")
            workers.wait()
            #expect(wrong.value == 0)
        }
    }

    @Test func workersRunOnceEachAndAreWaitedFor() {
        let (sum, workers) = (Counter(), WorkerGroup())
        workers.start("first", count: 5) { index in
            usleep(20_000)
            sum.add(1 << index)
        }
        workers.start("second") { index in sum.add(1_000 + index) }
        workers.wait()
        #expect(sum.value == 31 + 1_000)
    }

    /// All at once, however many there are: a group that waited for a free thread would never end.
    @Test func workersRunTogether() {
        let (here, workers, count) = (Counter(), WorkerGroup(), 32)
        workers.start("together", count: count) { _ in
            here.add()
            _ = Waiting.until { here.value >= count }
            if here.value < count { here.add(-1_000) }
        }
        workers.wait()
        #expect(here.value == count)
    }

    @Test func interruptedCallsAreRepeated() throws {
        var calls = 0
        let result = try systemCall("wait for", "nothing") { () -> Int32 in
            calls += 1
            errno = EINTR
            return calls < 4 ? -1 : 7
        }
        #expect(result == 7)
        #expect(calls == 4)
        let error = #expect(throws: SystemError.self) {
            _ = try systemCall("wait for", "nothing") { () -> Int in
                errno = EIO
                return -1
            }
        }
        #expect(error == SystemError("wait for", "nothing", .ioError))
        #expect(error?.description.hasPrefix("cannot wait for nothing: ") == true)
    }
}
