internal import Synchronization

/// What a program, and whoever inherited the stream from it, says into one pipe.
///
/// It may outlive the program: what stays in the background can go on speaking, without an error, for as long as this
/// is kept; up to what the pipe holds (64 KiB) between two calls that listen.
package final class ProgramOutput: Sendable {
    private struct State {
        var beginning: [UInt8] = []
        var end: [UInt8] = []
        var hasEnded = false
    }

    private let reading: OwnedDescriptor
    private let byteLimit: Int
    private let state = Mutex(State())

    /// Of what is said the first `byteLimit` bytes are kept, and the last line.
    package init(_ reading: consuming OwnedDescriptor, byteLimit: Int) {
        self.reading = reading
        self.byteLimit = byteLimit
    }

    package var text: String { state.withLock { String(decoding: $0.beginning, as: UTF8.self) } }

    /// The last line that is not empty, or what is left of a very long one; nil where nothing was said.
    package var lastLine: String? {
        let end = state.withLock { String(decoding: $0.end, as: UTF8.self) }
        return end.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
    }

    /// Takes what was said so far; does not wait.
    package func listen() {
        for _ in 0..<Self.partLimit where watchedDescriptor >= 0 && reading.isReadable(within: .zero) { listenOnce() }
    }

    /// Negative once nobody can say more.
    var watchedDescriptor: CInt { state.withLock { $0.hasEnded } ? -1 : reading.rawValue }

    /// Takes one part, if there is one.
    func listenOnce() {
        state.withLock { state in
            guard !state.hasEnded, reading.isReadable(within: .zero) else { return }
            guard let part = try? reading.readNext(upTo: Self.partByteCount), !part.isEmpty else {
                state.hasEnded = true
                return
            }
            state.beginning += part.prefix(byteLimit - state.beginning.count)
            state.end = Array((state.end + part.suffix(Self.endByteCount)).suffix(Self.endByteCount))
        }
    }

    private static let partByteCount = 65_536
    /// One that never stops speaking is not listened to for ever.
    private static let partLimit = 16
    private static let endByteCount = 1_024
}
