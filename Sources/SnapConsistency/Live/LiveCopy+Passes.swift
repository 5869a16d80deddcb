internal import SnapDevice
internal import SnapSystem
internal import SnapTracking
internal import Synchronization
internal import SystemPackage

/// While the volume is in use: pass by pass.
extension LiveCopy {
    /// Reads what was written, until the rest can be read within the time that a freeze may take. Throws `notConverged`,
    /// `pointInTimeLost`, and what `check` throws, which is asked between the passes.
    func converge(_ check: () throws(ConsistencyError) -> Void) throws(ConsistencyError) {
        while true {
            do throws(ConsistencyError) {
                if state.withLock({ $0.isLost }) { try copyAgain() }
                return try followWriters(check)
            } catch {
                guard error.code == .marksLost, mayCopyAgain else { throw error }
                noteLoss(error)
            }
        }
    }

    /// Just before the freeze: reads what came since `converge`, while hooks ran and others were waited for. Throws `marksLost` where
    /// the volume is to be copied again.
    func catchUp() throws(ConsistencyError) {
        do throws(ConsistencyError) {
            for _ in 0..<Self.catchUpLimit {
                let remaining = try look()
                guard state.withLock({ $0.pace.estimate(remaining) }) > Trend.enough else { return }
                try pass(remaining)
            }
        } catch {
            if error.code == .marksLost { noteLoss(error) }
            throw error
        }
    }

    private func noteLoss(_ error: ConsistencyError) {
        report(error.description)
        state.withLock { $0.isLost = true }
    }

    private var mayCopyAgain: Bool {
        state.withLock { $0.callbacks.copyAgain != nil && $0.copyCount < Self.copyLimit }
    }

    /// All of it. What was laid upon the first copy is of no use any more.
    private func copyAgain() throws(ConsistencyError) {
        guard mayCopyAgain, let body = state.withLock({ $0.callbacks.copyAgain }) else { throw Self.lost }
        report("copied again")
        state.withLock { $0.sampling }?.wait()
        overlay.clear()
        state.withLock { state in
            (state.passes, state.sampling, state.isLost) = ([], nil, false)
            state.copyCount += 1
        }
        try body()
    }

    private func followWriters(_ check: () throws(ConsistencyError) -> Void) throws(ConsistencyError) {
        var trend = Trend(budget: budget(share: Self.readingShare))
        startSampling()
        while true {
            try check()
            let remaining = try look()
            let seconds = state.withLock { $0.pace.estimate(remaining) }
            // Nothing is known of the pace before the first pass.
            if !passes.isEmpty || remaining.unitCount == 0 {
                switch trend.judge(remaining.unitCount, seconds) {
                case .goOn: break
                case .isEnough:
                    if try isSampled() { return prepareRest(remaining) }
                case .isNoUse:
                    if try !goOn(remaining, seconds) {
                        _ = try isSampled()
                        return prepareRest(remaining)
                    }
                }
            }
            try pass(remaining)
        }
    }

    /// What is left for a pass.
    private func look() throws(ConsistencyError) -> MarkCount {
        try writeBack()
        if try reconcile(isAtRest: false) == .completed {
            report("marks were missing; all that was asked for is read again")
        }
        // Those that go on are for later.
        _ = try markDiscards(isAtRest: false)
        return tracker.count()
    }

    /// Where passes do not get it any further. False: the freeze is to come all the same.
    private func goOn(_ remaining: MarkCount, _ seconds: Double) throws(ConsistencyError) -> Bool {
        switch options.onNoConverge {
        case .fail: throw notConverged(remaining, seconds)
        case .freezeLonger: return false
        case .wait:
            report(Self.words(reader.facts.path, passes.count, remaining, seconds))
            CurrentProcess.rest(for: Self.waitPause)
            return true
        }
    }

    func notConverged(_ remaining: MarkCount, _ seconds: Double) -> ConsistencyError {
        ConsistencyError(
            .notConverged,
            Self.words(reader.facts.path, passes.count, remaining, seconds)
                + "; try when it is quieter, or with a longer --max-freeze, or --on-no-converge wait or freeze-longer")
    }

    private static func words(
        _ path: FilePath, _ passCount: Int, _ remaining: MarkCount, _ seconds: Double
    ) -> String {
        "\(path) is written to faster than it can be copied: \(passCount) passes left "
            + "\(remaining.unitCount * MarkLayout.unitByteCount >> 10) KiB, for which it would be frozen for about "
            + "\(Duration.seconds(seconds).formattedMilliseconds)"
    }

    /// What is dirty is written now rather than under the freeze, which would mark it too late for a pass.
    private func writeBack() throws(ConsistencyError) {
        do throws(SystemError) {
            for place in mountPoints {
                try OwnedDescriptor(opening: place, .readOnly, options: .directory).synchroniseFilesystem()
            }
        } catch {
            throw ConsistencyError(error)
        }
    }

    private func prepareRest(_ remaining: MarkCount) {
        overlay.reserve(2 * remaining.unitCount + Self.reservedUnitCount)
    }

    private func pass(_ remaining: MarkCount) throws(ConsistencyError) {
        state.withLock { $0.callbacks.announce }(passes.count + 2, remaining.unitCount)
        let pass = try readMarked()
        state.withLock { state in
            state.passes.append(pass)
            state.pace.note(pass.requestCount, pass.unitCount, seconds: pass.duration / .seconds(1))
        }
        report("pass \(passes.count + 1): \(pass.unitCount) units in \(pass.duration.formattedMilliseconds)")
    }

    /// How often the first copy is made at the most.
    private static let copyLimit = 3
    private static let catchUpLimit = 3
    /// Of the time that a freeze may take; the rest is for the filesystem's own.
    private static let readingShare = 0.5
    /// Writes that come between the last look and the freeze.
    private static let reservedUnitCount = 1_024
    private static let waitPause = Duration.seconds(1)
}
