/// The words and the bar of progress. Pure: a reading in, text out.
struct ProgressText {
    /// What is being done: `create`, `restore`.
    var verb: String
    /// Whether it matters how much nobody had stored before.
    var tellsNew: Bool

    static let barRange = 10...40

    /// One line of at most `columnCount` columns. What matters least goes first where there is no room.
    func bar(_ reading: TransferReading, bytesPerSecond: Double, columnCount: Int) -> String {
        let percent = String(reading.percent)
        let start = String(repeating: " ", count: 3 - percent.count) + percent + "% "
        var parts = details(of: reading, bytesPerSecond: bytesPerSecond)
        while parts.count > 0,
            start.count + Self.barRange.lowerBound + 2 + Self.width(of: parts) > columnCount
        {
            parts.removeLast()
        }
        let room = columnCount - start.count - 2 - Self.width(of: parts)
        guard room >= Self.barRange.lowerBound else { return String(start.prefix(max(0, columnCount))) }
        let width = min(room, Self.barRange.upperBound)
        return start + Self.drawing(reading, width: width) + parts.map { "  " + $0 }.joined()
    }

    /// One line for a log.
    func line(_ reading: TransferReading, bytesPerSecond: Double) -> String {
        "\(reading.percent)%, " + details(of: reading, bytesPerSecond: bytesPerSecond).joined(separator: ", ")
    }

    /// The last line, once all is well.
    func summary(_ reading: TransferReading) -> String {
        var parts = [
            "\(HumanText.bytes(reading.processedByteCount)) in \(HumanText.duration(seconds: reading.seconds))",
            HumanText.rate(reading.averageBytesPerSecond),
        ]
        if tellsNew {
            let stored = HumanText.bytes(reading.storedByteCount)
            parts.append("\(HumanText.bytes(reading.newByteCount)) new, stored as \(stored)")
        }
        return parts.joined(separator: ", ")
    }

    /// In the order in which they matter.
    private func details(of reading: TransferReading, bytesPerSecond: Double) -> [String] {
        let total = HumanText.bytes(reading.totalByteCount)
        var parts = ["\(HumanText.bytes(reading.processedByteCount))/\(total)"]
        if let stage = reading.stage {
            parts.append(stage)
        } else {
            parts += [HumanText.rate(bytesPerSecond), timeLeft(of: reading, bytesPerSecond: bytesPerSecond)]
        }
        if tellsNew { parts.append("\(HumanText.bytes(reading.newByteCount)) new") }
        return parts
    }

    private func timeLeft(of reading: TransferReading, bytesPerSecond: Double) -> String {
        if reading.isFinishing { return "finishing" }
        guard let seconds = reading.secondsLeft(at: bytesPerSecond) else { return "– left" }
        return HumanText.duration(seconds: seconds) + " left"
    }

    private static func width(of parts: [String]) -> Int { parts.reduce(0) { $0 + $1.count + 2 } }

    private static func drawing(_ reading: TransferReading, width: Int) -> String {
        let filled = width * reading.percent / 100
        let head = filled < width && reading.percent > 0 ? ">" : ""
        let rest = String(repeating: " ", count: width - filled - head.count)
        return "[" + String(repeating: "=", count: filled) + head + rest + "]"
    }
}

/// When the next plain line is due: the first after 5 s, then at every tenth, and at least each 30 s.
struct ProgressSchedule {
    static let firstSeconds = 5.0
    static let longestSeconds = 30.0
    static let percentStep = 10

    private var last: (seconds: Double, percent: Int)?

    mutating func isDue(_ reading: TransferReading) -> Bool {
        let isDue: Bool
        if let last {
            let hasPassedStep = reading.percent / Self.percentStep > last.percent / Self.percentStep
            isDue = hasPassedStep || reading.seconds - last.seconds >= Self.longestSeconds
        } else {
            isDue = reading.seconds >= Self.firstSeconds
        }
        if isDue { last = (reading.seconds, reading.percent) }
        return isDue
    }
}
