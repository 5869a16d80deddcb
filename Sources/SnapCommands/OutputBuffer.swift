internal import SnapSystem
internal import SystemPackage

/// Text on its way out, gathered into large writes. Used by one thread.
final class OutputBuffer {
    static let writeByteCount = 256 << 10

    private(set) var bytes: [UInt8] = []
    private let stream: StandardStream?
    /// A stream that failed once stays failed: what comes after is dropped.
    private var failure: SystemError?

    /// Without a stream, everything stays in `bytes`.
    init(to stream: StandardStream? = nil) {
        self.stream = stream
        if stream != nil { bytes.reserveCapacity(Self.writeByteCount + 4_096) }
    }

    func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        if bytes.count >= Self.writeByteCount { drain() }
    }

    func append(_ more: ArraySlice<UInt8>) {
        bytes.append(contentsOf: more)
        if bytes.count >= Self.writeByteCount { drain() }
    }

    /// Writes what is left, at once: for answers that come line by line.
    func flush() { drain() }

    /// Writes what is left, and throws what went wrong. A reader that has gone (`| head`) is no failure.
    func finish() throws(SystemError) {
        drain()
        if let failure, failure.code != .brokenPipe { throw failure }
    }

    private func drain() {
        guard let stream else { return }
        defer { bytes.removeAll(keepingCapacity: true) }
        guard failure == nil else { return }
        do throws(SystemError) {
            try stream.write(bytes)
        } catch {
            failure = error
        }
    }
}
