package import SnapDevice
internal import SnapModel
internal import SnapSystem
internal import SnapTracking
internal import Synchronization
internal import SystemPackage

/// A copy of a volume that is written to meanwhile, as hypervisors copy the memory of a running guest.
///
/// Somebody reads the whole of `reader` first, after `begin`. Then `converge` reads what was written since, again and again,
/// until little is left; and `finish`, while the volume's filesystems are frozen, reads the rest. From then on the first copy with
/// `overlay` upon it is the volume of that instant. Where `finish` finds that marks were missing, the freeze was in vain: after
/// another `converge` it may be tried again.
///
/// From one thread, but for `reader` and `overlay`.
package final class LiveCopy: Sendable {
    package let reader: VolumeReader
    package let overlay: UnitOverlay
    private let makeTracker: @Sendable () throws(TrackingError) -> WriteTracker
    private let tracking = Mutex<WriteTracker?>(nil)
    /// Tells whether the volume lies where the tracker thinks that it does, after it began: nil, or what happened.
    private let change: @Sendable () -> String?
    private let reading: UnitReading
    private let options: PointInTimeOptions
    private let mountPoints: [FilePath]
    private let state = Mutex(State())

    private struct State {
        var pace = ReadPace()
        var passes: [LivePass] = []
        var report: @Sendable (String) -> Void = { _ in }
        var announce: @Sendable (Int, Int) -> Void = { _, _ in }
        /// Fetched beside the passes.
        var sampling: AuditSampling?
        var expectation: AuditSample.Expectation?
        var copyAgain: (@Sendable () throws(ConsistencyError) -> Void)?
        var atRest: (@Sendable () throws(ConsistencyError) -> Void)?
        /// Nobody knows any more what was written since the first copy.
        var isLost = false
        var differs = false
        var copyCount = 1
    }

    /// Opens the volume. Throws `notPossible`, `device`.
    convenience init(
        _ inspection: VolumeInspection, _ volume: TrackableVolume, _ options: PointInTimeOptions
    ) throws(ConsistencyError) {
        let extents = volume.disks.map {
            TrackedExtent(
                disk: $0.number, device: $0.device, mergesDiscards: $0.mergesDiscards, onDisk: $0.extent,
                volumeOffset: $0.volumeOffset)
        }
        let byteCount = inspection.facts.byteCount
        try self.init(
            inspection, trackedBy: { () throws(TrackingError) in try WriteTracker(byteCount: byteCount, extents) },
            options, change: { volume.change() })
    }

    init(
        _ inspection: VolumeInspection,
        trackedBy makeTracker: @escaping @Sendable () throws(TrackingError) -> WriteTracker,
        _ options: PointInTimeOptions, change: @escaping @Sendable () -> String? = { nil }
    ) throws(ConsistencyError) {
        let facts = inspection.facts
        (self.makeTracker, self.change) = (makeTracker, change)
        mountPoints = inspection.freezeTargets.map(\.mountPoint)
        reader = try ConsistencyError.wrapping { () throws(DeviceError) in
            try VolumeReader(opening: facts, claiming: false)
        }
        guard reader.byteCount == facts.byteCount else {
            throw ConsistencyError(.notPossible, "\(facts.path) has another size than a moment ago; try again")
        }
        reading = try UnitReading(reader)
        overlay = try UnitOverlay(spillingInto: options.spillDirectory ?? "/var/tmp")
        self.options = options
    }

    /// Told what happens, a line each, for the log.
    package func onReport(_ report: @escaping @Sendable (String) -> Void) { state.withLock { $0.report = report } }

    /// Told before each pass which it is, the first copy being the first, and how many units are left for it.
    package func onPass(_ announce: @escaping @Sendable (_ number: Int, _ unitCount: Int) -> Void) {
        state.withLock { $0.announce = announce }
    }

    /// Whoever has made the first copy tells what it has of some units: a few hundred are compared with the volume at the
    /// end. Before `converge`.
    package func expect(_ expectation: @escaping AuditSample.Expectation) {
        state.withLock { $0.expectation = expectation }
    }

    /// `body` makes the first copy again, where it is not known any more what was written since.
    package func onLoss(_ body: @escaping @Sendable () throws(ConsistencyError) -> Void) {
        state.withLock { $0.copyAgain = body }
    }

    /// `body` is called in the end, while the volume is at rest and the copy complete.
    package func atRest(_ body: @escaping @Sendable () throws(ConsistencyError) -> Void) {
        state.withLock { $0.atRest = body }
    }

    /// Whether samples were found to differ from the volume.
    package var differs: Bool { state.withLock { $0.differs } }

    /// The passes so far, but for the first copy.
    package var passes: [LivePass] { state.withLock { $0.passes } }

    /// Tracks the writes from now on; what was written until now is read by the first copy, which begins. Throws `notPossible`,
    /// `permissionDenied`.
    package func begin() throws(ConsistencyError) {
        do throws(TrackingError) {
            try tracking.withLock { (tracking) throws(TrackingError) in
                if let tracking { try tracking.restart() } else { tracking = try makeTracker() }
            }
        } catch {
            throw ConsistencyError(error)
        }
    }

    /// After `finish`: nobody needs to know any more what is written. Returns once the kernel has let go of the programs, which
    /// takes it a tenth of a second. From any thread.
    package func endTracking() {
        let tracker = tracking.withLock { $0.take() }
        withExtendedLifetime(tracker) {}
    }

    private var tracker: WriteTracker {
        guard let tracker = tracking.withLock({ $0 }) else { preconditionFailure("a copy that has not begun") }
        return tracker
    }

    // MARK: - While the volume is in use

    /// Reads what was written, until the rest can be read within the time that a freeze may take. Throws `notConverged`,
    /// `pointInTimeLost`, and what `check` throws, which is asked between the passes.
    func converge(_ check: () throws(ConsistencyError) -> Void) throws(ConsistencyError) {
        while true {
            do throws(ConsistencyError) {
                if state.withLock({ $0.isLost }) { try copyAgain() }
                return try followWriters(check)
            } catch {
                guard error.code == .marksLost, mayCopyAgain else { throw error }
                report(error.description)
                state.withLock { $0.isLost = true }
            }
        }
    }

    private var mayCopyAgain: Bool { state.withLock { $0.copyAgain != nil && $0.copyCount < Self.copyLimit } }

    /// All of it. What was laid upon the first copy is of no use any more.
    private func copyAgain() throws(ConsistencyError) {
        guard mayCopyAgain, let body = state.withLock({ $0.copyAgain }) else { throw Self.lost }
        report("copied again")
        overlay.clear()
        state.withLock { state in
            (state.passes, state.sampling, state.isLost) = ([], nil, false)
            state.copyCount += 1
        }
        try body()
    }

    private func followWriters(_ check: () throws(ConsistencyError) -> Void) throws(ConsistencyError) {
        var trend = Trend(budget: options.liveMaxFreeze / .seconds(1) * Self.readingShare)
        startSampling()
        while true {
            try check()
            try writeBack()
            if try reconcile(isAtRest: false) == .completed {
                report("marks were missing; all that was asked for is read again")
            }
            // Those that go on are for later.
            _ = try markDiscards()
            let remaining = tracker.count()
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
            state.withLock { $0.announce }(passes.count + 2, remaining.unitCount)
            try pass()
        }
    }

    /// Where passes do not get it any further. False: the freeze is to come all the same.
    private func goOn(_ remaining: MarkCount, _ seconds: Double) throws(ConsistencyError) -> Bool {
        let words =
            "\(reader.facts.path) is written to faster than it can be copied: \(passes.count) passes left "
            + "\(remaining.unitCount * MarkLayout.unitByteCount >> 10) KiB, for which it would be frozen for about "
            + "\(Duration.seconds(seconds).formattedMilliseconds)"
        switch options.onNoConverge {
        case .fail:
            throw ConsistencyError(
                .notConverged,
                "\(words); try when it is quieter, or with a longer --max-freeze, or --on-no-converge wait or freeze-longer"
            )
        case .freezeLonger: return false
        case .wait:
            report(words)
            CurrentProcess.rest(for: Self.waitPause)
            return true
        }
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

    /// Samples are taken of what the first copy is the last word on, as far as it is known by now.
    private func startSampling() {
        let (sampling, expectation) = state.withLock { ($0.sampling, $0.expectation) }
        guard sampling == nil, let expectation else { return }
        let tracker = tracker
        let started = AuditSampling(
            unitCount: tracker.layout.unitCount,
            leavingOut: { [overlay] in overlay.contains($0) || tracker.isMarked($0) }, expectation)
        state.withLock { $0.sampling = started }
    }

    /// Whether they are there by now. Where they are waited for, the volume is written to meanwhile.
    private func isSampled() throws(ConsistencyError) -> Bool {
        guard let sampling = state.withLock({ $0.sampling }) else { return true }
        let isReady = sampling.isReady
        _ = try sampling.sample()
        return isReady
    }

    private func prepareRest(_ remaining: MarkCount) {
        overlay.reserve(2 * remaining.unitCount + Self.reservedUnitCount)
    }

    private func pass() throws(ConsistencyError) {
        let pass = try readMarked()
        state.withLock { state in
            state.passes.append(pass)
            state.pace.note(pass.requestCount, pass.unitCount, seconds: pass.duration / .seconds(1))
        }
        report("pass \(passes.count + 1): \(pass.unitCount) units in \(pass.duration.formattedMilliseconds)")
    }

    // MARK: - While it is frozen

    /// Reads the rest. Throws `marksLost` where it was not all, `pointInTimeLost` where somebody goes on writing, and what `atRest`
    /// throws.
    func finish() throws(ConsistencyError) {
        guard try markDiscards() else {
            throw ConsistencyError(.marksLost, "\(reader.facts.path): discards go on under the freeze")
        }
        let (remaining, longest) = (tracker.count(), options.liveMaxFreeze / .seconds(1))
        guard maySleepLong || state.withLock({ $0.pace.estimate(remaining) }) < longest else {
            throw ConsistencyError(.marksLost, "\(reader.facts.path): too much was written in the last moment")
        }
        for _ in 0..<Self.restLimit {
            let pass = try readMarked()
            guard pass.unitCount > 0 else { return try audit() }
            state.withLock { $0.passes.append(pass) }
        }
        throw ConsistencyError(
            .pointInTimeLost, "\(reader.facts.path) is written to while its filesystems are frozen; end who does that")
    }

    /// Some discards come after the freeze: what they changed is marked by then, and not compared.
    private func audit() throws(ConsistencyError) {
        switch try reconcile(isAtRest: true) {
        case .complete: break
        case .completed: throw ConsistencyError(.marksLost, "\(reader.facts.path): marks of writes were missing")
        case .lost:
            state.withLock { $0.isLost = true }
            throw Self.lost
        }
        let (sampling, atRest) = state.withLock { ($0.sampling, $0.atRest) }
        if let sampling { try compare(try sampling.sample()) }
        try atRest?()
    }

    private func compare(_ sample: AuditSample) throws(ConsistencyError) {
        do throws(ConsistencyError) {
            let tracker = tracker
            try sample.compare(by: reading, of: reader.facts.path) { [overlay] unit in
                overlay.contains(unit) || tracker.isMarked(unit)
            }
        } catch {
            if error.code == .imageDiffers { state.withLock { $0.differs = true } }
            throw error
        }
    }

    // MARK: - Parts

    private func readMarked() throws(ConsistencyError) -> LivePass {
        let watch = Stopwatch()
        var pass = LivePass(unitCount: 0, requestCount: 0, duration: .zero)
        var next: Int? = 0
        while let unit = next {
            let taken = tracker.take(from: unit, limit: Self.runLimit)
            next = taken.nextUnit
            guard !taken.runs.isEmpty else { continue }
            pass.unitCount += taken.runs.reduce(0) { $0 + $1.count }
            pass.requestCount += try reading.read(taken.runs) {
                [overlay] (unit, buffer, offset) throws(ConsistencyError) in
                try overlay.keep(unit, buffer, at: offset)
            }
        }
        pass.duration = watch.elapsed
        return pass
    }

    private var maySleepLong: Bool { options.audits || options.onNoConverge == .freezeLonger }

    private func markDiscards() throws(ConsistencyError) -> Bool {
        do throws(TrackingError) { return try tracker.markDiscards() } catch { throw ConsistencyError(error) }
    }

    private func reconcile(isAtRest: Bool) throws(ConsistencyError) -> WriteTracker.Knowledge {
        if let change = change() { throw ConsistencyError(.pointInTimeLost, "\(change); take it again") }
        do throws(TrackingError) {
            return try tracker.reconcile(isAtRest: isAtRest)
        } catch {
            throw ConsistencyError(error)
        }
    }

    private static var lost: ConsistencyError {
        ConsistencyError(.marksLost, "the kernel left out what marks writes: it is not known any more what was written")
    }

    private func report(_ line: String) { state.withLock { $0.report }(line) }

    func close() { reader.close() }

    /// How often the first copy is made at the most.
    private static let copyLimit = 3
    /// Places that are taken at once.
    private static let runLimit = 65_536
    /// Of the time that a freeze may take; the rest is for the filesystem's own.
    private static let readingShare = 0.5
    /// Writes that come between the last look and the freeze.
    private static let reservedUnitCount = 1_024
    /// Passes under the freeze: the second finds nothing, as a rule.
    private static let restLimit = 8
    private static let waitPause = Duration.seconds(1)
}

extension ConsistencyError {
    init(_ error: TrackingError) {
        switch error.code {
        case .unsupported: self.init(.notPossible, error.description)
        case .permissionDenied: self.init(.permissionDenied, error.description)
        case .marksLost: self.init(.marksLost, "it is not known any more what was written: \(error)")
        case .systemFailure: self.init(.systemFailure, error.description)
        }
    }
}
