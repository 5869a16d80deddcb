/// Takes lines from a pipe. Not safe for threads.
package struct LineReader: ~Copyable {
    /// A longer line is torn into several.
    private static let lineByteLimit = 16 << 20

    private let stream: OwnedDescriptor
    private var bytes: [UInt8] = []
    private var hasEnded = false

    package init(_ stream: consuming OwnedDescriptor) { self.stream = stream }

    package enum Next: Hashable, Sendable {
        case line(String)
        case end
        /// Nothing came in time.
        case nothing
    }

    /// The next line, without its line feed; waits up to `timeout`, or for ever. What is read but never ended is no line.
    package mutating func next(within timeout: Duration? = nil) -> Next {
        let watch = Stopwatch()
        while true {
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) { return .line(take(upTo: end)) }
            if bytes.count > Self.lineByteLimit { return .line(take(upTo: bytes.count - 1)) }
            if hasEnded { return .end }
            guard stream.isReadable(within: timeout.map { max(.zero, $0 - watch.elapsed) }) else { return .nothing }
            let part = (try? stream.readNext(upTo: 65_536)) ?? []
            hasEnded = part.isEmpty
            bytes += part
        }
    }

    private mutating func take(upTo end: Int) -> String {
        defer { bytes.removeFirst(end + 1) }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}
