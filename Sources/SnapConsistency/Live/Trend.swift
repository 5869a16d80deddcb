/// Whether further passes over a volume are of use.
struct Trend: Hashable, Sendable {
    enum Verdict: Hashable, Sendable { case goOn, isEnough, isNoUse }

    /// What may be left, in seconds of reading.
    let budget: Double
    private var least: Int?
    private var idleCount = 0

    init(budget: Double) { self.budget = budget }

    /// `unitCount` units are left, which take so long to read.
    mutating func judge(_ unitCount: Int, _ seconds: Double) -> Verdict {
        if seconds <= min(Self.enough, budget) { return .isEnough }
        let isBetter = least.map { Double(unitCount) < Double($0) * Self.progress } ?? true
        least = min(least ?? unitCount, unitCount)
        idleCount = isBetter ? 0 : idleCount + 1
        guard idleCount >= Self.patience else { return .goOn }
        if seconds <= budget { return .isEnough }
        idleCount = 0
        return .isNoUse
    }

    /// Nobody would notice so many seconds.
    static let enough = 0.02
    /// A pass is of use that leaves less than this share of what the best left.
    private static let progress = 0.8
    /// Passes without progress.
    private static let patience = 4
}
