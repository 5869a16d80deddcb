internal import SnapDevice
internal import SnapSystem
internal import SnapTracking
internal import Synchronization

/// The samples: chosen and tried beside the passes, read under the freeze, compared when all run on again.
extension LiveCopy {
    /// Samples are taken of what the first copy is the last word on, as far as it is known by now.
    func startSampling() {
        let (sampling, expectation) = state.withLock { ($0.sampling, $0.callbacks.expectation) }
        guard sampling == nil, let expectation else { return }
        let tracker = tracker
        let started = AuditSampling(
            unitCount: tracker.layout.unitCount,
            leavingOut: { [overlay] in overlay.contains($0) || tracker.isMarked($0) }, readBy: reading, expectation)
        state.withLock { $0.sampling = started }
    }

    /// Whether they were tried. Where that is waited for, the volume is written to meanwhile. From then on it is known how long
    /// they take to read.
    func isSampled() throws(ConsistencyError) -> Bool {
        guard let sampling = state.withLock({ $0.sampling }) else { return true }
        let wasTried = sampling.isTried
        let tried = try sampling.tried()
        state.withLock { state in
            let seconds = tried.duration / .seconds(1)
            if !state.pace.isMeasured { state.pace.note(tried.requestCount, tried.requestCount, seconds: seconds) }
        }
        return wasTried
    }

    /// Under the freeze: what the volume has of them, so far as it was not written to.
    func witness(_ sample: AuditSample) throws(ConsistencyError) {
        let tracker = tracker
        let limit = state.withLock { $0.pace.requestCount(within: budget(share: Self.sampleShare)) }
        let witnessed = try sample.read(by: reading, atMost: max(limit, Self.leastSampleCount)) { [overlay] unit in
            overlay.contains(unit) || tracker.isMarked(unit)
        }
        state.withLock { $0.witnessed = witnessed }
    }

    /// Compares the samples that were read under the freeze, which must have been confirmed since, with the first copy. Waits until they
    /// are fetched. Throws `imageDiffers`.
    package func confirmSamples() throws(ConsistencyError) {
        let (sampling, witnessed) = state.withLock { ($0.sampling, $0.witnessed) }
        guard let sampling else { return }
        let expected = try sampling.expected()
        let differing = witnessed.filter { expected[$0.key] != $0.value }
        guard let first = differing.keys.min() else { return }
        state.withLock { $0.differs = true }
        throw ConsistencyError(
            .imageDiffers,
            "\(reader.facts.path) was written to unnoticed: \(differing.count) of \(witnessed.count) samples differ from the "
                + "image, the first at byte \(first * UnitOverlay.unitByteCount); nothing was kept. Take it by another method, "
                + "and please report this")
    }

    /// Of the time that a freeze may take.
    private static let sampleShare = 0.2
    private static let leastSampleCount = 16
}
