internal import CLinux
internal import Glibc
internal import Synchronization
package import SystemPackage

/// A program that this process started (posix_spawn(3)). It inherits nothing but what `Launch` names: every other
/// descriptor is closed, signals are as at the start of a login, and the working folder is that of this process.
///
/// Dropped, it runs on; whoever wants its ending waits for it. Every method may be called from any thread.
package final class Subprocess: Sendable {
    /// What one of its three standard streams is.
    package enum Stream: Sendable {
        /// /dev/null
        case none
        /// That of this process.
        case inherited
        /// A descriptor of this process, which is borrowed until the program runs.
        case descriptor(CInt)
    }

    /// Whom a signal to a process group, such as that of Ctrl-C, reaches together with it.
    package enum Company: Sendable {
        case ours
        /// A process group of its own.
        case group
        /// A session of its own: no terminal, and no Ctrl-C, reaches it (setsid(2)).
        case session
    }

    package struct Launch: Sendable {
        package var program: FilePath
        /// Without the name of the program, which comes first by itself.
        package var arguments: [String]
        /// nil: that of this process.
        package var environment: [String: String]?
        package var input = Stream.none
        package var output = Stream.none
        package var errors = Stream.none
        package var company = Company.ours

        package init(_ program: FilePath, _ arguments: [String], environment: [String: String]? = nil) {
            self.program = program
            self.arguments = arguments
            self.environment = environment
        }
    }

    package enum Ending: Hashable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case signalled(Int32)

        package var isSuccess: Bool { self == .exited(0) }

        package var description: String {
            switch self {
            case .exited(let status): "ended with status \(status)"
            case .signalled(let number): "was ended by signal \(number)"
            }
        }
    }

    package let number: Int32
    private let program: FilePath
    /// Names this process and no later one with its number.
    private let pidfd: OwnedDescriptor
    private let ending = Mutex<Ending?>(nil)

    /// Starts it. Throws when there is no such program, or it may not be run.
    package init(_ launch: Launch) throws(SystemError) {
        Self.keepEndings
        let number = try Self.spawn(launch)
        self.number = number
        program = launch.program
        do throws(SystemError) {
            let raw = try systemCall("watch", launch.program) { clinux_pidfd_open(number) }
            pidfd = OwnedDescriptor(adopting: raw, path: launch.program)
        } catch {
            // Nobody else waits for it, so the number is still its own.
            _ = kill(number, SIGKILL)
            _ = Self.await(number)
            throw error
        }
    }

    /// Waits until it ends, or for `timeout`; nil: it still runs.
    package func wait(for timeout: Duration? = nil) -> Ending? {
        pidfd.isReadable(within: timeout) ? reap() : nil
    }

    /// Can be read once the process has ended.
    var watchedDescriptor: CInt { pidfd.rawValue }

    /// Sends a signal to it alone; without effect once it has ended.
    package func signal(_ signal: Int32) { _ = clinux_pidfd_send_signal(pidfd.rawValue, signal) }

    /// Sends a signal to its process group, when that is its own. Also after it has ended: others may be left in it.
    /// Its number is not given to a new group while the group lives.
    package func signalGroup(_ signal: Int32) { _ = kill(-number, signal) }

    private func reap() -> Ending {
        ending.withLock { ending in
            if let ending { return ending }
            let status = Self.await(number)
            let new: Ending =
                status & 0x7f == 0 ? .exited((status >> 8) & 0xff) : .signalled(status & 0x7f)
            ending = new
            return new
        }
    }

    /// waitpid(2)
    private static func await(_ number: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(number, &status, 0) < 0 {
            // Taken for 0, an ending that somebody else took away would be a success.
            precondition(errno == EINTR, "waitpid \(number): errno \(errno)")
        }
        return status
    }

    /// A parent that ignores SIGCHLD hands that on, and the kernel then forgets how children end.
    private static let keepEndings: Void = { _ = Glibc.signal(SIGCHLD, SIG_DFL) }()

    // MARK: - posix_spawn(3)

    private static func spawn(_ launch: Launch) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let streams = [launch.input, launch.output, launch.errors]
        let lifted = try LiftedDescriptors(streams, launch.program)
        for (target, stream) in lifted.streams.enumerated() { add(stream, as: CInt(target), &actions) }
        _ = clinux_spawn_close_from(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        setUp(&attributes, launch.company)

        let environment = launch.environment.map { $0.map { "\($0)=\($1)" } }
        let words = CStrings([launch.program.string] + launch.arguments)
        let variables = environment.map(CStrings.init)
        var number: pid_t = 0
        let code = words.withPointers { words in
            guard let variables else {
                return posix_spawn(&number, launch.program.string, &actions, &attributes, words, environ)
            }
            return variables.withPointers {
                posix_spawn(&number, launch.program.string, &actions, &attributes, words, $0)
            }
        }
        withExtendedLifetime(lifted) {}
        guard code == 0 else { throw SystemError("run", launch.program.string, Errno(rawValue: code)) }
        return number
    }

    private static func add(_ stream: Stream, as target: CInt, _ actions: inout posix_spawn_file_actions_t) {
        switch stream {
        case .none: posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0)
        case .inherited: posix_spawn_file_actions_adddup2(&actions, target, target)
        case .descriptor(let number): posix_spawn_file_actions_adddup2(&actions, number, target)
        }
    }

    /// No signal blocked, and none ignored but what the program itself will ignore: threads of libdispatch block all.
    private static func setUp(_ attributes: inout posix_spawnattr_t, _ company: Company) {
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        switch company {
        case .ours: break
        case .group:
            flags |= Int16(POSIX_SPAWN_SETPGROUP)
            posix_spawnattr_setpgroup(&attributes, 0)
        case .session: flags |= CLINUX_POSIX_SPAWN_SETSID
        }
        posix_spawnattr_setflags(&attributes, flags)
    }
}

/// Streams, none of which is overwritten while others are set up: a process that was started with closed standard
/// streams has other files in their places.
private final class LiftedDescriptors {
    private(set) var streams: [Subprocess.Stream]
    private var duplicates: [CInt] = []

    init(_ streams: [Subprocess.Stream], _ program: FilePath) throws(SystemError) {
        self.streams = streams
        for (target, stream) in streams.enumerated() {
            guard case .descriptor(let number) = stream, number != target, number < streams.count else { continue }
            let duplicate = try systemCall("run", program) { fcntl(number, F_DUPFD_CLOEXEC, CInt(streams.count)) }
            duplicates.append(duplicate)
            self.streams[target] = .descriptor(duplicate)
        }
    }

    deinit { for duplicate in duplicates { close(duplicate) } }
}

/// A null-terminated array of C strings, as execve(2) takes it.
private final class CStrings {
    private let words: [UnsafeMutablePointer<CChar>?]

    init(_ texts: [String]) { words = texts.map { strdup($0) } + [nil] }

    deinit { for word in words { free(word) } }

    func withPointers<Result>(_ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result) -> Result {
        words.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("an array with an end has a start") }
            return body(base)
        }
    }
}
