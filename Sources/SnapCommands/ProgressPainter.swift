/// Turns readings into what is written to standard error: a bar that overwrites itself, or plain lines.
///
/// The cursor is never hidden and each frame is one write, so a run that is killed leaves the terminal usable.
struct ProgressPainter {
    enum Mode: Sendable { case bar, lines }

    private let text: ProgressText
    private let mode: Mode
    private var estimator = RateEstimator()
    private var schedule = ProgressSchedule()
    private var hasShown = false
    /// What plain lines are about: the id of the snapshot once it is known.
    private var subject: String

    /// To the first column, and clear to the end of the line (ECMA-48 EL).
    private static let clearLine = "\r\u{1B}[K"

    init(_ text: ProgressText, mode: Mode) {
        self.text = text
        self.mode = mode
        subject = text.verb
    }

    /// The id of what is made is known: plain lines name it from now on.
    mutating func announce(_ subject: String) { self.subject = subject }

    /// nil when nothing is to be written now.
    mutating func frame(_ reading: TransferReading, columnCount: Int) -> String? {
        guard reading.totalByteCount > 0 else { return nil }
        estimator.observe(reading)
        let rate = estimator.bytesPerSecond
        switch mode {
        case .bar:
            hasShown = true
            // One column stays free: a cursor in the last one wraps.
            return Self.clearLine + text.bar(reading, bytesPerSecond: rate, columnCount: columnCount - 1)
        case .lines:
            guard schedule.isDue(reading) else { return nil }
            hasShown = true
            return "snapctl: \(subject): \(text.line(reading, bytesPerSecond: rate))\n"
        }
    }

    /// The end: the bar goes. A log that saw progress also sees its end; a short run leaves no trace in it.
    func ending(_ reading: TransferReading, hasSucceeded: Bool) -> String? {
        switch mode {
        case .bar:
            guard hasSucceeded, reading.totalByteCount > 0 else { return hasShown ? Self.clearLine : nil }
            return Self.clearLine + text.summary(reading) + "\n"
        case .lines:
            guard hasSucceeded, hasShown else { return nil }
            return "snapctl: \(subject): done, \(text.summary(reading))\n"
        }
    }
}
