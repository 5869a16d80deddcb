import Glibc
import SnapConsistency
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Freezing {
    /// 100 rounds in all, at random moments.
    @Suite struct Kills {
        static let roundCount = 25
        static let maxFreeze = Duration.milliseconds(150)

        /// Within which everybody can write again: a second for kills, a second after the deadline for stops.
        static let bounds = (kill: 1.0, stop: 1.15)

        /// Twice what a freeze takes here, so that about half of the moments are after it, and those before it are spread.
        private static func microsecondsToFreeze(_ freezables: [Freezable]) throws -> UInt32 {
            let freezer = try Freezer.start(freezables)
            let watch = Stopwatch()
            try freezer.freeze()
            return UInt32(watch.seconds * 2_000_000)
        }

        @Test(arguments: [SIGKILL, SIGSTOP])
        func ofTheFreezer(signal: Int32) throws {
            var random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
            let frozen = Counter()
            try Freezable.with([.ext4, .xfs, .btrfs]) { freezables, directory in
                let span = try Self.microsecondsToFreeze(freezables)
                for round in 1...Self.roundCount {
                    let moment = UInt32.random(in: 0...span, using: &random)
                    let freezer = try Freezer.start(
                        freezables, maxFreeze: signal == SIGKILL ? .seconds(20) : Self.maxFreeze,
                        journal: FreezeJournal(in: directory.path))
                    let freezing = WorkerGroup()
                    freezing.start("freezing") { _ in
                        if (try? freezer.freeze()) != nil { frozen.add() }
                    }
                    usleep(moment)
                    kill(freezer.processNumber, signal)
                    let bound = signal == SIGKILL ? Self.bounds.kill : Self.bounds.stop
                    let isWritable = freezables.allSatisfy { $0.writer.goesOn(within: bound) }
                    #expect(isWritable, "round \(round), signal after \(moment) µs")
                    // One that is stopped before anything was frozen has no deadline: whoever waits for it ends it.
                    freezer.stop()
                    freezing.wait()
                    let late = failure { () throws(ConsistencyError) in try freezer.confirmFrozen() }
                    #expect(late != nil && isGone(freezer.processNumber))
                    #expect(freezables.allSatisfy { $0.writer.goesOn(within: 1) })
                    #expect(FreezeJournal.clearLeftovers(in: directory.path).isEmpty)
                    let names = try Directory.names(in: directory.path)
                    #expect(!names.contains { $0.hasPrefix("freeze-") })
                }
                #expect(
                    (1..<Self.roundCount).contains(frozen.value), "\(frozen.value) rounds came as far as the freeze")
            }
        }

        @Test(arguments: [SIGKILL, SIGSTOP])
        func ofTheParent(signal: Int32) throws {
            var random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
            try Freezable.with([.ext4, .xfs, .btrfs]) { freezables, directory in
                let span = try Self.microsecondsToFreeze(freezables)
                for round in 1...Self.roundCount {
                    let moment = UInt32.random(in: 0...span, using: &random)
                    let maxFreeze = signal == SIGKILL ? Duration.seconds(20) : Self.maxFreeze
                    let parent = try FreezingParent(freezables, maxFreeze: maxFreeze, directory)
                    usleep(moment)
                    kill(parent.number, signal)
                    let bound = signal == SIGKILL ? Self.bounds.kill : Self.bounds.stop
                    let isWritable = freezables.allSatisfy { $0.writer.goesOn(within: bound) }
                    #expect(isWritable, "round \(round), signal after \(moment) µs")
                    parent.kill()
                    #expect(isGone(parent.freezer))
                    #expect(freezables.allSatisfy { $0.writer.goesOn(within: 1) })
                }
            }
        }
    }
}

/// A shell that starts the freezer and freezes, as whoever may be killed.
final class FreezingParent {
    private let shell: ChildProcess
    let freezer: Int32

    var number: Int32 { shell.number }

    /// Returns when it is about to freeze.
    init(_ freezables: [Freezable], maxFreeze: Duration, _ directory: ScratchDirectory) throws {
        let told = directory.appending("told")
        try File.remove(told)
        let words = try freezables.map { freezable in
            let device = try Command.check("mountpoint", "-d", freezable.path.string)
            return "\(device):\(freezable.path)"
        }
        let script = """
            told=$1; shift
            coproc F { exec "$@"; }
            read -r -u "${F[0]}" _
            echo "$F_PID" > "$told.new"; mv "$told.new" "$told"
            echo sync >&"${F[1]}"
            while read -r -u "${F[0]}" answer; do [ "$answer" = synced ] && break; done
            echo freeze >&"${F[1]}"
            while read -r -u "${F[0]}" _; do :; done
            """
        let milliseconds = String(Int(maxFreeze / .milliseconds(1)))
        shell = try ChildProcess(
            ["bash", "-c", script, "bash", told.string, BuiltProgram.path.string, "freezer", "--max-freeze-ms"]
                + [milliseconds] + words)
        guard Waiting.until({ File.exists(told) }), let text = try? File.readText(told),
            let number = Int32(text.filter(\.isNumber))
        else {
            throw Command.Failure(description: "the shell did not start the freezer")
        }
        freezer = number
    }

    func kill() { shell.kill() }
}
