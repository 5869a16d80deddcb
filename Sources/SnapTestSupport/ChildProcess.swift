internal import Glibc
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// A process that a test started and may kill. Dropped, it is killed and waited for.
package final class ChildProcess: Sendable {
    package let number: Int32
    private let isReaped = Atomic(false)

    /// Starts `arguments` (the first is found by PATH) with the standard descriptors of this process.
    package init(_ arguments: [String]) throws {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, arguments[0], nil, nil, &words, environ)
        guard code == 0 else {
            throw Command.Failure(description: "\(arguments[0]): \(Errno(rawValue: code))")
        }
        number = process
    }

    deinit { if !isReaped.load(ordering: .relaxed) { end() } }

    /// SIGKILL, and no more: a zombie stays until `wait`.
    package func kill() { _ = Glibc.kill(number, SIGKILL) }

    /// waitpid(2): once. Returns the signal that ended it, or 0.
    @discardableResult
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(number, &status, 0) < 0, errno == EINTR {}
        isReaped.store(true, ordering: .relaxed)
        return status & 0x7f
    }

    /// The letter of proc(5): "S" where it sleeps, "Z" where it has ended but was not waited for. nil: there is none.
    package var state: Character? { ProcessStat(of: number)?.state }

    private func end() {
        kill()
        wait()
    }
}
