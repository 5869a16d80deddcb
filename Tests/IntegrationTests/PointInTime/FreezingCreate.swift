import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage

/// A `create` under way whose freezer is there: the command, its worker, and the worker's freezer, each by its process
/// number, and nobody else.
struct FreezingCreate {
    enum Victim: String, Sendable { case command, worker, freezer, workerAndFreezer = "both" }

    /// What happens to whom.
    struct Blow: Hashable, Sendable, CustomStringConvertible {
        var victim: Victim
        var signal: CInt

        var description: String { "\(signal == SIGKILL ? "kill" : "stop") \(victim.rawValue)" }
    }

    let command: RunningProgram
    let worker: ProcessIdentity
    let freezer: ProcessIdentity

    /// Starts it, and returns as soon as there is a freezer, which has frozen nothing by then.
    init(_ program: Program, _ arguments: [String], logs: ScratchDirectory) throws {
        command = try RunningProgram(program.line(["create"] + arguments), logs: logs)
        let watch = Stopwatch()
        while watch.elapsed < .seconds(20) {
            let worker = command.worker.flatMap { ProcessIdentity(number: $0) }
            if let worker, let freezer = Self.freezer(of: worker) {
                (self.worker, self.freezer) = (worker, freezer)
                return
            }
            if let outcome = try command.poll() {
                throw Command.Failure(description: "create ended before it froze: \(outcome.errors)")
            }
            usleep(1_000)
        }
        throw Command.Failure(description: "create starts no freezer")
    }

    /// A child that is not a copy of its parent any more.
    private static func freezer(of worker: ProcessIdentity) -> ProcessIdentity? {
        for number in RunningProgram.children(of: worker.number) {
            let words = try? File.readText(FilePath("/proc/\(number)/cmdline")).split(separator: "\0")
            if let words, words.count > 1, words[1] == "freezer" { return ProcessIdentity(number: number) }
        }
        return nil
    }

    /// Both are stopped before either is killed, or the one that is killed last would thaw.
    func strike(_ blow: Blow) {
        switch blow.victim {
        case .command: command.signal(blow.signal)
        case .worker: send(blow.signal, to: worker)
        case .freezer: send(blow.signal, to: freezer)
        case .workerAndFreezer:
            for process in [freezer, worker] { send(SIGSTOP, to: process) }
            for process in [freezer, worker] { send(blow.signal, to: process) }
        }
    }

    /// Ends what a blow has stopped, or lets it go on. Returns once all three are gone; false: one of them stays.
    func finish(_ blow: Blow, goingOn: Bool) throws -> Bool {
        if blow.signal == SIGSTOP {
            strike(Blow(victim: blow.victim, signal: goingOn ? SIGCONT : SIGKILL))
        }
        if blow.victim == .command, blow.signal == SIGKILL || !goingOn { try command.end(SIGKILL) }
        let isOver = try wait(.seconds(30)) { try command.hasEnded || command.poll() != nil }
        return try isOver && wait(.seconds(30)) { !worker.isAlive && !freezer.isAlive }
    }

    /// For a test that ends early.
    func endAll() {
        for process in [worker, freezer] { send(SIGKILL, to: process) }
        _ = try? command.end(SIGKILL)
    }

    private func send(_ signal: CInt, to process: ProcessIdentity) {
        if process.isAlive { kill(process.number, signal) }
    }
}
