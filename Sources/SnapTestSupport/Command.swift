internal import Glibc
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// Runs programs, such as mkfs and mount, for tests.
package enum Command {
    package struct Outcome: Sendable {
        /// As a shell tells: 128 + n for signal n.
        package let status: Int32
        package let output: String
        package let errors: String

        package init(status: Int32, output: String, errors: String) {
            (self.status, self.output, self.errors) = (status, output, errors)
        }
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// Runs `arguments` (the first is found by PATH) to its end, feeding it `input`. Both pipes are drained at once, so that a
    /// program that says much on one cannot hang. posix_spawnp(3).
    package static func run(_ arguments: [String], input: String = "") throws -> Outcome {
        precondition(
            input.utf8.count <= pipeByteCapacity, "an input of \(input.utf8.count) bytes would wait for its reader")
        let (inputPipe, outputPipe, errorPipe) = (try Pipe(), try Pipe(), try Pipe())
        let process = try spawn(arguments, [inputPipe.reading, outputPipe.writing, errorPipe.writing])
        for end in [inputPipe.reading, outputPipe.writing, errorPipe.writing] { Glibc.close(end) }
        _ = Array(input.utf8).withUnsafeBytes { write(inputPipe.writing, $0.baseAddress, $0.count) }
        Glibc.close(inputPipe.writing)

        let texts = Mutex<[Int: String]>([:])
        let ends = [outputPipe.reading, errorPipe.reading]
        let workers = WorkerGroup()
        workers.start("drain", count: ends.count) { index in
            let text = readAll(ends[index])
            texts.withLock { $0[index] = text }
        }
        workers.wait()
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
        return texts.withLock { Outcome(status: code, output: $0[0] ?? "", errors: $0[1] ?? "") }
    }

    /// Runs, and throws what the program said unless it ends with 0. Returns its output without the last line feed.
    @discardableResult
    package static func check(_ arguments: String..., input: String = "") throws -> String {
        try check(arguments, input: input)
    }

    @discardableResult
    package static func check(_ arguments: [String], input: String = "") throws -> String {
        let outcome = try run(arguments, input: input)
        guard outcome.status == 0 else {
            throw Failure(
                description: "\(arguments.joined(separator: " ")): status \(outcome.status): \(outcome.errors)")
        }
        return outcome.output.last == "\n" ? String(outcome.output.dropLast()) : outcome.output
    }

    // MARK: - Processes and pipes

    private struct Pipe {
        let reading: Int32
        let writing: Int32

        /// Closed in other children by O_CLOEXEC, or a pipe would never end.
        init() throws {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw Failure(description: "no pipe: \(Errno(rawValue: errno))") }
            (reading, writing) = (ends[0], ends[1])
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
    }

    private static func spawn(_ arguments: [String], _ descriptors: [Int32]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, arguments[0], &actions, nil, &words, environ)
        guard code == 0 else { throw Failure(description: "\(arguments[0]): \(Errno(rawValue: code))") }
        return process
    }

    private static func readAll(_ descriptor: Int32) -> String {
        defer { Glibc.close(descriptor) }
        var (bytes, part) = ([UInt8](), [UInt8](repeating: 0, count: pipeByteCapacity))
        while true {
            let count = read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += part.prefix(count)
        }
    }
}

/// pipe(7)
private let pipeByteCapacity = 65_536
