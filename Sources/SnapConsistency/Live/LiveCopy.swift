package import SnapDevice
internal import SnapModel
internal import SnapSystem
internal import SnapTracking
internal import Synchronization
internal import SystemPackage

/// A copy of a volume that is written to meanwhile, as hypervisors copy the memory of a running guest.
///
/// Somebody reads the whole of `reader` first, after `begin`. Then `converge` reads what was written since, again and again,
/// until little is left; `catchUp` what came since then; and `finish`, while the volume's filesystems are frozen, the rest. From then
/// on the first copy with `overlay` upon it is the volume of that instant. Where `finish` finds that it was too early, the
/// freeze was in vain: after another `converge` it may be tried again. `confirmSamples` comes last, after the thaw.
///
/// From one thread, but for `reader` and `overlay`.
package final class LiveCopy: Sendable {
    package let reader: VolumeReader
    package let overlay: UnitOverlay
    let reading: UnitReading
    let options: PointInTimeOptions
    let mountPoints: [FilePath]
    let state = Mutex(State())
    private let makeTracker: @Sendable () throws(TrackingError) -> WriteTracker
    private let tracking = Mutex<WriteTracker?>(nil)
    private let ending = WorkerGroup()
    /// Tells whether the volume lies where the tracker thinks that it does, after it began: nil, or what happened.
    private let change: @Sendable () -> String?

    struct State {
        var pace = ReadPace()
        var passes: [LivePass] = []
        /// Fetched beside the passes.
        var sampling: AuditSampling?
        /// What the volume had of the samples under the freeze, by unit.
        var witnessed: [Int: [UInt8]] = [:]
        var callbacks = Callbacks()
        /// Nobody knows any more what was written since the first copy.
        var isLost = false
        var differs = false
        var copyCount = 1
        /// Freezes that came too early.
        var vainCount = 0
    }

    /// What others do for the copy, or want to know of it.
    struct Callbacks {
        var report: @Sendable (String) -> Void = { _ in }
        var announce: @Sendable (Int, Int) -> Void = { _, _ in }
        var heed: Check = {}
        var confirmFrozen: Check = {}
        var expectation: AuditSample.Expectation?
        var copyAgain: Check?
        var atRest: Check?
    }

    package typealias Check = @Sendable () throws(ConsistencyError) -> Void

    /// Opens the volume. Throws `notPossible`, `device`.
    convenience init(
        _ inspection: VolumeInspection, _ volume: TrackableVolume, _ options: PointInTimeOptions
    ) throws(ConsistencyError) {
        let extents = volume.disks.map {
            TrackedExtent(
                disk: $0.number, device: $0.device, deviceOnDisk: $0.deviceExtent, mergesDiscards: $0.mergesDiscards,
                onDisk: $0.extent, volumeOffset: $0.volumeOffset)
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

    // MARK: - Whoever takes part

    /// Told what happens, a line each, for the log.
    package func onReport(_ report: @escaping @Sendable (String) -> Void) {
        state.withLock { $0.callbacks.report = report }
    }

    /// Told before each pass which it is, the first copy being the first, and how many units are left for it.
    package func onPass(_ announce: @escaping @Sendable (_ number: Int, _ unitCount: Int) -> Void) {
        state.withLock { $0.callbacks.announce = announce }
    }

    /// `check` is asked before each request of a pass, from any thread, and throws when somebody wants it to end.
    package func heed(_ check: @escaping Check) { state.withLock { $0.callbacks.heed = check } }

    /// Whoever has made the first copy tells what it has of some units: a few hundred are compared with the volume at the
    /// end. Before `converge`.
    package func expect(_ expectation: @escaping AuditSample.Expectation) {
        state.withLock { $0.callbacks.expectation = expectation }
    }

    /// `body` makes the first copy again, where it is not known any more what was written since.
    package func onLoss(_ body: @escaping Check) { state.withLock { $0.callbacks.copyAgain = body } }

    /// `body` is called in the end, while the volume is at rest and the copy complete. It may ask `confirmFrozen`.
    package func atRest(_ body: @escaping Check) { state.withLock { $0.callbacks.atRest = body } }

    /// Whoever freezes tells how to know that the freeze still holds.
    func watch(_ check: @escaping Check) { state.withLock { $0.callbacks.confirmFrozen = check } }

    /// Throws `freezeExpired` once the freeze has ended by itself. From any thread.
    package func confirmFrozen() throws(ConsistencyError) { try state.withLock { $0.callbacks.confirmFrozen }() }

    /// Whether samples were found to differ from the volume.
    package var differs: Bool { state.withLock { $0.differs } }

    /// The passes so far, but for the first copy.
    package var passes: [LivePass] { state.withLock { $0.passes } }

    // MARK: - Tracking

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

    /// After `finish`: nobody needs to know any more what is written. The kernel takes a tenth of a second to let go of each
    /// program; `close` waits for that. From any thread.
    func endTracking() { ending.start("live-end") { [self] _ in letGo() } }

    private func letGo() {
        let tracker = tracking.withLock { $0.take() }
        withExtendedLifetime(tracker) {}
    }

    /// Gives everything back, also what was kept of the volume. Also called twice, and after a failure.
    func close() {
        state.withLock { $0.sampling }?.wait()
        letGo()
        ending.wait()
        overlay.discard()
        // They may keep whoever keeps this.
        state.withLock { ($0.callbacks, $0.sampling) = (Callbacks(), nil) }
        reader.close()
    }

    var tracker: WriteTracker {
        guard let tracker = tracking.withLock({ $0 }) else { preconditionFailure("a copy that has not begun") }
        return tracker
    }

    // MARK: - Parts

    /// All marked units, into the overlay.
    func readMarked() throws(ConsistencyError) -> LivePass {
        let watch = Stopwatch()
        var pass = LivePass(unitCount: 0, requestCount: 0, duration: .zero)
        let (tracker, heed) = (tracker, state.withLock { $0.callbacks.heed })
        var next: Int? = 0
        while let unit = next {
            let taken = tracker.take(from: unit, limit: Self.runLimit)
            next = taken.nextUnit
            guard !taken.runs.isEmpty else { continue }
            pass.unitCount += taken.runs.reduce(0) { $0 + $1.count }
            do throws(ConsistencyError) {
                pass.requestCount += try reading.read(taken.runs, heeding: heed) {
                    [overlay] (unit, buffer, offset) throws(ConsistencyError) in
                    try overlay.keep(unit, buffer, at: offset)
                }
            } catch {
                // Some of what was taken was not read.
                state.withLock { $0.isLost = true }
                throw error
            }
        }
        pass.duration = watch.elapsed
        return pass
    }

    /// False: discards go on.
    func markDiscards(isAtRest: Bool) throws(ConsistencyError) -> Bool {
        do throws(TrackingError) {
            return try tracker.markDiscards(isAtRest: isAtRest)
        } catch {
            throw ConsistencyError(error)
        }
    }

    /// Throws `pointInTimeLost` where the volume is not any more what is tracked.
    func reconcile(isAtRest: Bool) throws(ConsistencyError) -> WriteTracker.Knowledge {
        if let change = change() { throw ConsistencyError(.pointInTimeLost, "\(change); take it again") }
        let byteCount = try ConsistencyError.wrapping { () throws(DeviceError) in try reader.currentByteCount() }
        guard byteCount == reader.byteCount else {
            throw ConsistencyError(
                .pointInTimeLost,
                "\(reader.facts.path) had \(reader.byteCount) bytes when it was copied, and has \(byteCount) now; take it again"
            )
        }
        do throws(TrackingError) {
            return try tracker.reconcile(isAtRest: isAtRest)
        } catch {
            throw ConsistencyError(error)
        }
    }

    static var lost: ConsistencyError {
        ConsistencyError(.marksLost, "the kernel left out what marks writes: it is not known any more what was written")
    }

    func report(_ line: String) { state.withLock { $0.callbacks.report }(line) }

    /// What reading the rest may take of a freeze, in seconds; all volumes that stand still together share it.
    func budget(share: Double) -> Double { options.liveMaxFreeze / .seconds(1) * share / Double(options.volumeCount) }

    /// Places that are taken at once.
    private static let runLimit = 65_536
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
