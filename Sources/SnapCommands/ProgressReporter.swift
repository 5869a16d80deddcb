internal import Dispatch
internal import SnapEngine
internal import SnapSystem
internal import Synchronization

/// Shows progress on standard error, from a thread of its own: whatever standard error does, the run goes on.
final class ProgressReporter: Sendable {
    private static let barInterval = DispatchTimeInterval.milliseconds(200)
    private static let lineInterval = DispatchTimeInterval.seconds(1)
    /// How long the last frame, and so the end of the run, waits for a reader.
    private static let endTimeout = Duration.milliseconds(500)
    private static let defaultColumnCount = 80

    private let progress: TransferProgress
    private let text: ProgressText
    private let mode: ProgressPainter.Mode
    private let isEnding = DispatchSemaphore(value: 0)
    private let hasEnded = DispatchSemaphore(value: 0)
    /// What the run's own thread has to say to ours.
    private let news = Mutex(News())

    private struct News {
        var subject: String?
        var hasSucceeded = false
    }

    init(_ progress: TransferProgress, _ text: ProgressText) {
        self.progress = progress
        self.text = text
        let isClever = StandardStream.error.isTerminal && Environment.value("TERM") != "dumb"
        mode = isClever ? .bar : .lines
    }

    func start() { WorkerGroup().start("progress") { _ in self.run() } }

    /// Never blocks.
    func announce(_ subject: String) { news.withLock { $0.subject = subject } }

    /// Takes no longer than `endTimeout` and a little, even if the thread is stuck in a write.
    func finish(hasSucceeded: Bool) {
        news.withLock { $0.hasSucceeded = hasSucceeded }
        isEnding.signal()
        _ = hasEnded.wait(timeout: .now() + .seconds(1))
    }

    private func run() {
        let watch = Stopwatch()
        var painter = ProgressPainter(text, mode: mode)
        let interval = mode == .bar ? Self.barInterval : Self.lineInterval
        while isEnding.wait(timeout: .now() + interval) == .timedOut {
            tellNews(&painter)
            let reading = TransferReading(progress, seconds: watch.seconds)
            // A terminal that takes nothing right now gets the next frame instead.
            write(painter.frame(reading, columnCount: Self.columnCount), within: .zero)
        }
        tellNews(&painter)
        let reading = TransferReading(progress, seconds: watch.seconds)
        let hasSucceeded = news.withLock { $0.hasSucceeded }
        write(painter.ending(reading, hasSucceeded: hasSucceeded), within: Self.endTimeout)
        hasEnded.signal()
    }

    private func tellNews(_ painter: inout ProgressPainter) {
        let subject = news.withLock { news in
            defer { news.subject = nil }
            return news.subject
        }
        if let subject { painter.announce(subject) }
    }

    private func write(_ text: String?, within timeout: Duration) {
        guard let text else { return }
        _ = StandardStream.error.write(Array(text.utf8), within: timeout)
    }

    /// The terminal's own, asked again for each frame, for windows change; else `COLUMNS`.
    private static var columnCount: Int {
        StandardStream.error.columnCount ?? Environment.value("COLUMNS").flatMap { Int($0) }
            ?? defaultColumnCount
    }
}
