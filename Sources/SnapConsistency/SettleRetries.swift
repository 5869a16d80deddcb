internal import SnapSystem

/// Whether a freeze that was in vain is worth another, where much was done before it.
struct SettleRetries {
    private let areHeldUp: Bool
    private var count = 0
    private var expiredCount = 0
    private var firstRefusal: Stopwatch?

    /// `areHeldUp`: a second freeze would be no better than the first.
    init(areHeldUp: Bool) { self.areHeldUp = areHeldUp }

    mutating func allow(_ error: ConsistencyError) -> Bool {
        count += 1
        switch error.code {
        // Whoever says so bounds it.
        case .marksLost: return true
        case .freezeExpired:
            expiredCount += 1
            return !areHeldUp && expiredCount < Self.expiredLimit
        // Somebody else's freeze ends some day.
        case .alreadyFrozen:
            let refusal = firstRefusal ?? Stopwatch()
            firstRefusal = refusal
            return !areHeldUp && refusal.elapsed < Self.patience
        default: return false
        }
    }

    /// For whoever writes under a freeze, and for other freezes, to come to an end.
    var pause: Duration { min(Self.firstPause * count, Self.longestPause) }

    private static let expiredLimit = 3
    private static let patience = Duration.seconds(300)
    private static let (firstPause, longestPause) = (Duration.milliseconds(50), Duration.seconds(2))
}
