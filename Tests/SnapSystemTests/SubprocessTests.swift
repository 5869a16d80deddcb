import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@Suite("Subprocesses", .timeLimit(.minutes(20)))
struct SubprocessTests {
    @Test(arguments: [
        ("exit 0", Subprocess.Ending.exited(0)), ("exit 3", .exited(3)), ("exit 255", .exited(255)),
        ("kill -9 $$", .signalled(SIGKILL)), ("kill -ABRT $$", .signalled(SIGABRT)),
    ])
    func endings(script: String, ending: Subprocess.Ending) throws {
        let outcome = try shell(script)
        #expect(outcome.ending == ending)
        #expect(!outcome.hasTimedOut)
        #expect(outcome.isSuccess == (ending == .exited(0)))
    }

    @Test func noSuchProgram() {
        let error = #expect(throws: SystemError.self) {
            try Subprocess.run("/nonexistent/program", [], timeout: .seconds(1))
        }
        #expect(error?.code == .noSuchFileOrDirectory)
        #expect(error?.description.contains("/nonexistent/program") == true)
    }

    @Test func notExecutable() throws {
        try ScratchDirectory.with { scratch in
            let file = try scratch.file("plain", [])
            let error = #expect(throws: SystemError.self) { try Subprocess.run(file, [], timeout: .seconds(1)) }
            #expect(error?.code == .permissionDenied)
        }
    }

    @Test func argumentsArriveAsTheyAre() throws {
        let words = ["", "a b", "$HOME", "é\n", "-n"]
        let outcome = try Subprocess.run("/usr/bin/printf", ["<%s>"] + words, timeout: .seconds(10))
        #expect(outcome.output == words.map { "<\($0)>" }.joined())
    }

    @Test func nothingToRead() throws {
        #expect(try Subprocess.run("/bin/cat", [], timeout: .seconds(10)).output.isEmpty)
    }

    // MARK: - What it says

    @Test func outputAndErrorsAreApart() throws {
        let outcome = try shell("echo out; echo err >&2; exit 1")
        #expect(outcome.output == "out\n" && outcome.errors == "err\n")
    }

    /// More than pipes hold, on both streams by turns.
    @Test func muchIsSaidAtOnce() throws {
        let outcome = try shell(
            "for i in 1 2 3 4; do head -c 100000 /dev/zero | tr '\\0' o; head -c 100000 /dev/zero | tr '\\0' e >&2; done"
        )
        #expect(outcome.output == String(repeating: "o", count: 400_000))
        #expect(outcome.errors == String(repeating: "e", count: 400_000))
    }

    @Test func whatIsTooMuchIsDropped() throws {
        let outcome = try shell("echo begin; head -c 3000000 /dev/zero | tr '\\0' x; echo end")
        #expect(outcome.isSuccess)
        #expect(outcome.output.utf8.count == 1 << 20)
        #expect(outcome.output.hasPrefix("begin\nxxx"))
    }

    /// A child that keeps the streams open neither holds up the caller nor is ended.
    @Test func backgroundProcessesGoOn() throws {
        let watch = Stopwatch()
        let outcome = try shell("sleep 60 & echo $!")
        #expect(outcome.isSuccess && !outcome.hasTimedOut)
        #expect(watch.seconds < 10)
        let number = try #require(Int32(outcome.output.dropLast()))
        #expect(ProcessIdentity(number: number)?.isAlive == true)
        kill(number, SIGKILL)
    }

    @Test func aStreamOutlivesTheProgram() throws {
        var launch = Subprocess.Launch(
            "/bin/sh", ["-c", "(read x; echo late; exec sleep 0) <$0 & echo; echo one; echo ' '"])
        try ScratchDirectory.with { scratch in
            let gate = scratch.appending("gate")
            try Command.check("mkfifo", gate.string)
            launch.arguments.append(gate.string)
            launch.company = .group
            let (process, output) = try Subprocess.startHeard(launch, byteLimit: 100)
            let (ending, hasTimedOut) = process.finish(hearing: [output], within: .seconds(10), lingering: .zero)
            #expect(ending.isSuccess && !hasTimedOut)
            #expect(output.text == "\none\n \n" && output.lastLine == "one")
            try Command.check("sh", "-c", "echo >\(gate)")
            let isHeard = Waiting.until {
                output.listen()
                return output.lastLine == "late"
            }
            #expect(isHeard)
        }
    }

    @Test func theLastLineIsKeptPastTheLimit() throws {
        var launch = Subprocess.Launch("/bin/sh", ["-c", "seq 100000; echo last words >&2"])
        launch.company = .group
        let (process, output) = try Subprocess.startHeard(launch, byteLimit: 10)
        _ = process.finish(hearing: [output], within: .seconds(20), lingering: .zero)
        #expect(output.text == "1\n2\n3\n4\n5\n" && output.lastLine == "last words")
    }

    // MARK: - Time

    /// The process and its child: one that is willing, one that is not, and one that is stopped.
    @Test(arguments: [
        ("sleep 60 & echo $!; sleep 60", SIGTERM), ("trap '' TERM; sleep 60 & echo $!; wait", SIGKILL),
        ("sleep 60 & echo $!; kill -STOP $$", SIGTERM),
    ])
    func pastItsTimeTheGroupIsEnded(script: String, signal: Int32) throws {
        let watch = Stopwatch()
        let outcome = try shell(script, timeout: .milliseconds(300))
        #expect(outcome.hasTimedOut && !outcome.isSuccess)
        #expect(outcome.ending == .signalled(signal))
        #expect(watch.seconds < 20)
        let number = try #require(Int32(outcome.output.dropLast()))
        #expect(ProcessIdentity(number: number) == nil, "the grandchild has ended before")
    }

    /// Last words after SIGTERM, more than a pipe holds, are heard.
    @Test func dyingWordsAreHeard() throws {
        let outcome = try shell(
            "trap 'head -c 200000 /dev/zero; exit 7' TERM; echo on; while :; do sleep 0.05; done",
            timeout: .milliseconds(500))
        #expect(outcome.hasTimedOut && outcome.ending == .exited(7))
        #expect(outcome.output.utf8.count == 200_003)
    }

    @Test func waitingForAWhile() throws {
        let process = try Subprocess(Subprocess.Launch("/bin/sleep", ["60"]))
        #expect(process.wait(for: .milliseconds(20)) == nil)
        process.signal(SIGINT)
        #expect(process.wait(for: .seconds(20)) == .signalled(SIGINT))
        #expect(process.wait() == .signalled(SIGINT), "however often it is asked")
        process.signal(SIGINT)
    }

    // MARK: - What it inherits

    @Test func onlyTheStandardStreams() throws {
        let inheritable = dup(0)
        defer { close(inheritable) }
        #expect(inheritable > 2)
        let outcome = try shell("ls /proc/$$/fd | tr '\\n' ' '")
        // A shell may keep one of its own.
        #expect(outcome.output.hasPrefix("0 1 2 "))
        #expect(!outcome.output.split(separator: " ").contains("\(inheritable)"))
    }

    @Test func environment() throws {
        let given = try Subprocess.run("/usr/bin/env", [], environment: ["A": "1", "B": "x=y"], timeout: .seconds(10))
        #expect(given.output.split(separator: "\n").sorted() == ["A=1", "B=x=y"])
        let inherited = try Subprocess.run("/usr/bin/env", [], timeout: .seconds(10))
        #expect(inherited.output.contains("PATH=\(try #require(Environment.value("PATH")))\n"))
        #expect(Environment.all["PATH"] == Environment.value("PATH"))
    }

    @Test func company() throws {
        let own = (group: getpgrp(), session: getsid(0))
        for company in [Subprocess.Company.ours, .group, .session] {
            var launch = Subprocess.Launch("/bin/sleep", ["60"])
            launch.company = company
            let process = try Subprocess(launch)
            let isOwnGroup = getpgid(process.number) == process.number
            let isOwnSession = getsid(process.number) == process.number
            switch company {
            case .ours: #expect(getpgid(process.number) == own.group && getsid(process.number) == own.session)
            case .group: #expect(isOwnGroup && getsid(process.number) == own.session)
            case .session: #expect(isOwnGroup && isOwnSession)
            }
            process.signal(SIGKILL)
            #expect(process.wait() == .signalled(SIGKILL))
        }
    }

    // MARK: - However this process was started

    @Test func signalsAreAsAtALogin() async {
        await #expect(processExitsWith: .exitCode(17)) {
            Environment.ignoreBrokenPipes()
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_BLOCK, &all, nil)
            let outcome = try Subprocess.run(
                "/bin/grep", ["-E", "^Sig(Blk|Ign)", "/proc/self/status"], timeout: .seconds(10))
            // The C library ignores, in each program that it starts, two signals of its own: 32 and 33.
            let ignored = ["0000000000000000", "0000000180000000"]
            let isClear = ignored.contains { outcome.output == "SigBlk:\t0000000000000000\nSigIgn:\t\($0)\n" }
            exit(isClear ? 17 : 1)
        }
    }

    /// nohup(1) and some daemons start others so: the kernel then forgets how children ended.
    @Test func endingsAreKeptWhereTheyWereIgnored() async {
        await #expect(processExitsWith: .exitCode(17)) {
            signal(SIGCHLD, SIG_IGN)
            let outcome = try Subprocess.run("/bin/sh", ["-c", "exit 9"], timeout: .seconds(10))
            exit(outcome.ending == .exited(9) ? 17 : 1)
        }
    }

    /// Its pipes then have the numbers of the streams that they are to become.
    @Test func closedStandardStreams() async {
        await #expect(processExitsWith: .exitCode(17)) {
            for number in 0...2 as ClosedRange<CInt> { close(number) }
            let outcome = try Subprocess.run(
                "/bin/sh", ["-c", "echo out; echo err >&2; cat"], timeout: .seconds(10))
            exit(outcome.isSuccess && outcome.output == "out\n" && outcome.errors == "err\n" ? 17 : 1)
        }
    }

    private func shell(_ script: String, timeout: Duration = .seconds(30)) throws -> Subprocess.Outcome {
        try Subprocess.run("/bin/sh", ["-c", script], timeout: timeout)
    }
}
