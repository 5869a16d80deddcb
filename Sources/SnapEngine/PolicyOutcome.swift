package import SnapModel

/// What policies say of each snapshot that they speak of, and what was done about it.
package struct PolicyOutcome: Sendable {
    package enum Fate: Hashable, Sendable {
        case kept
        /// In a dry run: it would be deleted.
        case goes
        /// With a stay: it is in the recycle bin.
        case deleted(RecycleBinStay?)
        /// It should go, and stays.
        case locked(until: Timestamp?)
        case inUse
    }

    package struct Line: Sendable {
        package var verdict: RetentionPlan.Verdict
        package var fate: Fate
    }

    package var isDryRun: Bool
    /// Newest first.
    package var lines: [Line]
    /// Stored bytes that only those need that go, or went.
    package var freedByteCount: Int
    /// Why it ended before all that goes was gone.
    package var failure: EngineError?
}
