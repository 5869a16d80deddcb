import Foundation
import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage

/// A program that runs while the test does something else. Its two streams go to files, so that it never waits for us.
final class RunningProgram {
    let number: pid_t
    private let output: FilePath
    private let errors: FilePath
    private(set) var hasEnded = false

    init(_ arguments: [String], logs: ScratchDirectory) throws {
        let name = UUID().uuidString
        (output, errors) = (logs.appending(name + ".out"), logs.appending(name + ".err"))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (stream, path) in [(1, output), (2, errors)] {
            posix_spawn_file_actions_addopen(
                &actions,
                CInt(stream),
                path.string,
                O_WRONLY | O_CREAT | O_TRUNC,
                0o600
            )
        }
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var attributes = Self.attributesOfAShell()
        defer { posix_spawnattr_destroy(&attributes) }
        var process: pid_t = 0
        let code = posix_spawn(&process, arguments[0], &actions, &attributes, &words, environ)
        guard code == 0 else {
            throw Command.Failure(description: "\(arguments[0]): \(Errno(rawValue: code))")
        }
        number = process
    }

    deinit { _ = try? end(SIGKILL) }

    /// Signals as a shell hands them on, whoever runs the tests: nohup(1), or a script in the background, ignores some.
    private static func attributesOfAShell() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGHUP, SIGINT, SIGTERM] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        return attributes
    }

    func signal(_ signal: CInt) { if !hasEnded { kill(number, signal) } }

    /// The process that carries the snapshot, while this command has one.
    var worker: pid_t? { Self.children(of: number).first }

    /// Those that a process has now (proc(5), `children`).
    static func children(of process: pid_t) -> [pid_t] {
        let threads = (try? Directory.names(in: FilePath("/proc/\(process)/task"))) ?? []
        let texts = threads.compactMap { try? File.readText(FilePath("/proc/\(process)/task/\($0)/children")) }
        return texts.flatMap { $0.split(separator: " ") }.compactMap { pid_t($0) }
    }

    /// To the worker, where there is one, and to the command.
    func signalBoth(_ signal: CInt) {
        if let worker { kill(worker, signal) }
        self.signal(signal)
    }

    /// Ends both, the worker first, so that the command does not tell it that it is gone.
    func killBoth() throws -> Command.Outcome {
        signal(SIGSTOP)
        if let worker {
            kill(worker, SIGKILL)
        }
        return try end(SIGKILL)
    }

    /// Sends a signal and waits for the end.
    @discardableResult
    func end(_ signal: CInt) throws -> Command.Outcome {
        self.signal(signal)
        // One that was stopped would not hear it.
        self.signal(SIGCONT)
        return try wait()
    }

    func wait() throws -> Command.Outcome {
        var status: CInt = 0
        while !hasEnded, waitpid(number, &status, 0) < 0, errno == EINTR {}
        return try outcome(status)
    }

    /// nil while it runs.
    func poll() throws -> Command.Outcome? {
        var status: CInt = 0
        guard waitpid(number, &status, WNOHANG) == number else { return nil }
        return try outcome(status)
    }

    /// Lets it run for a moment only, so that what it does takes long enough to be watched.
    func crawl(running: useconds_t = 15_000, stopped: useconds_t = 60_000) {
        signalBoth(SIGCONT)
        usleep(running)
        signalBoth(SIGSTOP)
        usleep(stopped)
    }

    private func outcome(_ status: CInt) throws -> Command.Outcome {
        hasEnded = true
        let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
        return Command.Outcome(
            status: code,
            output: try File.readText(output),
            errors: try File.readText(errors)
        )
    }
}
