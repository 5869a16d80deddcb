internal import SnapEngine
internal import SnapSystem

/// What every long verb has around its one engine call: progress, and an end by signal.
struct LongRun {
    let progress = TransferProgress()
    let cancellation = CancellationFlag()
    private static let lineTimeout = Duration.milliseconds(500)

    private let reporter: ProgressReporter?

    init(_ verb: String, tellsNew: Bool = false, isQuiet: Bool) {
        reporter = isQuiet ? nil : ProgressReporter(progress, ProgressText(verb: verb, tellsNew: tellsNew))
    }

    /// Tells whoever watches which snapshot it is.
    func announce(_ subject: String) { reporter?.announce(subject) }

    /// A line for a person who watches, before progress is shown. A log is spared it.
    func tell(_ line: String) {
        guard reporter != nil, StandardStream.error.isTerminal else { return }
        _ = StandardStream.error.write(Array((TerminalText.oneLine(line) + "\n").utf8), within: Self.lineTimeout)
    }

    /// Runs `body` with SIGINT, SIGTERM and SIGHUP as a wish to `cancellation`.
    func cancellable<Result>(_ body: () throws(EngineError) -> Result) throws(EngineError) -> Result {
        try heedingSignals { () throws(EngineError) in try shown(body) }
    }

    /// `cancellable`, without showing progress by itself. `heedsHangup`: whether SIGHUP is such a wish, too.
    func heedingSignals<Result>(
        heedsHangup: Bool = true, _ body: () throws(EngineError) -> Result
    ) throws(EngineError) -> Result {
        let watch = SignalWatch(cancelling: cancellation, heedsHangup: heedsHangup)
        defer { withExtendedLifetime(watch) {} }
        return try body()
    }

    /// Shows progress from now on, until `finish`.
    func start() { reporter?.start() }

    func finish(hasSucceeded: Bool) { reporter?.finish(hasSucceeded: hasSucceeded) }

    /// Runs `body`, which signals end at once.
    func shown<Result>(_ body: () throws(EngineError) -> Result) throws(EngineError) -> Result {
        reporter?.start()
        var hasSucceeded = false
        defer { reporter?.finish(hasSucceeded: hasSucceeded) }
        let result = try body()
        hasSucceeded = true
        return result
    }
}
