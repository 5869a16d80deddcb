internal import SnapEngine

/// How far a run was at one moment; all counts are bytes.
struct TransferReading {
    var totalByteCount: Int
    var processedByteCount: Int
    var newByteCount: Int
    var storedByteCount: Int
    /// Since the run began.
    var seconds: Double
    /// What is being done, where the counts do not tell.
    var stage: String?

    init(
        totalByteCount: Int,
        processedByteCount: Int,
        newByteCount: Int = 0,
        storedByteCount: Int = 0,
        seconds: Double,
        stage: String? = nil
    ) {
        self.totalByteCount = totalByteCount
        self.processedByteCount = processedByteCount
        self.newByteCount = newByteCount
        self.storedByteCount = storedByteCount
        self.seconds = seconds
        self.stage = stage
    }

    init(_ progress: TransferProgress, seconds: Double) {
        // Processed first: the total is never smaller than what is read of it before.
        processedByteCount = progress.processedByteCount
        totalByteCount = progress.totalByteCount
        newByteCount = progress.newByteCount
        storedByteCount = progress.storedByteCount
        stage = progress.stage
        self.seconds = seconds
    }

    /// 0 to 99.
    var percent: Int { Percentage.ofUnfinished(processedByteCount, of: totalByteCount) }

    /// Everything is read; what is left is to make it durable.
    var isFinishing: Bool { totalByteCount > 0 && processedByteCount >= totalByteCount }

    /// Over the whole run.
    var averageBytesPerSecond: Double { seconds > 0 ? Double(processedByteCount) / seconds : 0 }

    /// nil while nothing moves.
    func secondsLeft(at bytesPerSecond: Double) -> Double? {
        guard bytesPerSecond >= 1, totalByteCount > 0 else { return nil }
        return Double(max(0, totalByteCount - processedByteCount)) / bytesPerSecond
    }
}

/// How fast the run goes now: an average in which what is `memorySeconds` old counts half.
struct RateEstimator {
    static let memorySeconds = 4.0

    private(set) var bytesPerSecond = 0.0
    private var last: (byteCount: Int, seconds: Double) = (0, 0)
    private var isFirst = true

    mutating func observe(_ reading: TransferReading) {
        let seconds = reading.seconds - last.seconds
        guard seconds > 0 else { return }
        let rate = Double(max(0, reading.processedByteCount - last.byteCount)) / seconds
        let weight = isFirst ? 1 : seconds / (seconds + Self.memorySeconds)
        bytesPerSecond += (rate - bytesPerSecond) * weight
        last = (reading.processedByteCount, reading.seconds)
        isFirst = false
    }
}
