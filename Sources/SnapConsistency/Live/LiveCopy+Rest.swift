internal import SnapDevice
internal import SnapSystem
internal import SnapTracking
internal import Synchronization
internal import SystemPackage

/// While the volume's filesystems are frozen.
extension LiveCopy {
    /// Reads the rest. Throws `marksLost` where the freeze was too early, which is so for a number of times only; `notConverged`,
    /// `pointInTimeLost` where somebody goes on writing, and what `atRest` throws.
    func finish() throws(ConsistencyError) {
        try markRest()
        let remaining = tracker.count()
        let seconds = state.withLock { $0.pace.estimate(remaining) }
        guard maySleepLong || seconds < budget(share: Self.restShare) else {
            let failure = notConverged(remaining, seconds)
            throw options.onNoConverge == .wait ? Self.tooEarly(failure) : inVain(because: failure)
        }
        for _ in 0..<Self.restLimit {
            let pass = try readMarked()
            guard pass.unitCount > 0 else { return try audit() }
            state.withLock { $0.passes.append(pass) }
            try markRest()
        }
        throw inVain(because: Self.writtenTo(reader.facts.path.string))
    }

    /// Discards may go on under the freeze.
    private func markRest() throws(ConsistencyError) {
        if try markDiscards(isAtRest: true) { return }
        if try reconcile(isAtRest: true) == .lost { throw loss() }
        throw inVain(because: Self.writtenTo(reader.facts.path.string))
    }

    /// Whatever comes of the freeze: the tracker counts from another base now.
    private func loss() -> ConsistencyError {
        state.withLock { $0.isLost = true }
        return Self.lost
    }

    private func audit() throws(ConsistencyError) {
        switch try reconcile(isAtRest: true) {
        case .complete: break
        case .completed:
            throw inVain(
                because: ConsistencyError(.pointInTimeLost, "marks of writes to \(reader.facts.path) were missing"))
        case .lost: throw loss()
        case .unrest: throw inVain(because: Self.writtenTo(reader.facts.path.string))
        }
        let (sampling, atRest) = state.withLock { ($0.sampling, $0.callbacks.atRest) }
        if let sampling { try witness(try sampling.tried().sample) }
        guard let atRest else { return }
        try atRest()
        // Discards may come after the freeze: what they changed was compared.
        try markRest()
        guard tracker.count().unitCount == 0 else {
            throw inVain(because: Self.writtenTo(reader.facts.path.string))
        }
    }

    private var maySleepLong: Bool { options.audits || options.onNoConverge == .freezeLonger }

    /// A freeze that came too early: the next may not. After some there is no hope, and `failure` says why.
    private func inVain(because failure: ConsistencyError) -> ConsistencyError {
        let count = state.withLock { state in
            state.vainCount += 1
            return state.vainCount
        }
        return count < Self.vainLimit ? Self.tooEarly(failure) : failure
    }

    private static func tooEarly(_ failure: ConsistencyError) -> ConsistencyError {
        ConsistencyError(.marksLost, failure.explanation)
    }

    private static func writtenTo(_ path: String) -> ConsistencyError {
        ConsistencyError(
            .pointInTimeLost, "\(path) is written to while its filesystems are frozen; end who does that")
    }

    /// Freezes in vain, at the most.
    private static let vainLimit = 6
    /// Passes under the freeze: the second finds nothing, as a rule.
    private static let restLimit = 8
    /// Of the time that a freeze may take: what the rest may, which is more than was hoped for.
    private static let restShare = 0.7
}
