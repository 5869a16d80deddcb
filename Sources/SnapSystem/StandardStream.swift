internal import CLinux
internal import Glibc
internal import SystemPackage

/// Standard output and standard error, past stdio: nothing is kept back, and nobody waits on a lock of another thread.
package enum StandardStream: CInt, Sendable {
    case output = 1
    case error = 2

    /// isatty(3)
    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// TIOCGWINSZ; nil when it is no terminal, or one that does not know its width.
    package var columnCount: Int? {
        var columns: CInt = 0
        guard clinux_terminal_width(rawValue, &columns) == 0, columns > 0 else { return nil }
        return Int(columns)
    }

    /// Leads to where `descriptor` leads from now on, for this process and the programs that it starts (dup2(2)).
    package func become(_ descriptor: borrowing OwnedDescriptor) { dup2(descriptor.rawValue, rawValue) }

    /// write(2) until all is written, waiting as long as the reader takes.
    package func write(_ bytes: [UInt8]) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            do throws(SystemError) {
                rest = rest.dropFirst(try writeOnce(rest))
            } catch {
                // Whoever shares this open file may have made it non-blocking.
                guard error.code == .resourceTemporarilyUnavailable else { throw error }
                _ = isWritable(within: .seconds(1))
            }
        }
    }

    /// Writes `bytes` where that needs no longer than `timeout`; says whether all went out.
    ///
    /// For what must never hold up the work: progress, and a last word to a reader who may have stopped reading.
    package func write(_ bytes: [UInt8], within timeout: Duration) -> Bool {
        let watch = Stopwatch()
        var rest = bytes[...]
        while !rest.isEmpty {
            guard isWritable(within: max(.zero, timeout - watch.elapsed)) else { return false }
            // A pipe that polls as writable takes PIPE_BUF bytes without blocking (pipe(7)).
            guard let count = try? writeOnce(rest.prefix(Self.pipeBufferByteCount)) else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static let pipeBufferByteCount = 4_096

    private func writeOnce(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        try systemCall("write to", name) {
            bytes.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
        }
    }

    /// poll(2), POLLOUT
    private func isWritable(within timeout: Duration) -> Bool {
        var request = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        let milliseconds = CInt(clamping: Int64(timeout / .milliseconds(1)))
        return poll(&request, 1, milliseconds) == 1
    }

    private var name: FilePath {
        switch self {
        case .output: "standard output"
        case .error: "standard error"
        }
    }
}
