internal import Dispatch
internal import SnapCatalogue
internal import SnapConsistency
internal import SnapModel
internal import SnapSystem
internal import Synchronization

/// Stands beside a job on a thread of its own: tells the catalogue how far its snapshots are, hears from there that
/// somebody wants them cancelled, and tends what holds their points in time.
final class PendingWatch: Sendable {
    private static let interval: DispatchTimeInterval = .milliseconds(500)

    /// One snapshot of the job.
    struct Subject: Sendable {
        var snapshot: SnapshotID
        var progress: TransferProgress
        var point: (any PointInTime)?
    }

    private let catalogue: Catalogue
    private let cancellation: CancellationFlag
    private let end = DispatchSemaphore(value: 0)
    private let group = WorkerGroup()
    private let state: Mutex<State>

    private struct State {
        var subjects: [Subject]
        var reported: [SnapshotID: Report] = [:]
        var failure: EngineError?
    }

    private struct Report: Hashable {
        var processedByteCount: Int
        var stage: String?
    }

    init(_ subjects: [Subject], catalogue: Catalogue, cancellation: CancellationFlag) {
        self.catalogue = catalogue
        self.cancellation = cancellation
        state = Mutex(State(subjects: subjects))
        group.start("snap-watch") { [self] _ in
            while end.wait(timeout: .now() + Self.interval) == .timedOut { look() }
        }
    }

    /// From now on tends the points in time, in the order of the subjects.
    func tend(_ points: [any PointInTime]) {
        state.withLock { state in
            for (index, point) in points.enumerated() { state.subjects[index].point = point }
        }
    }

    /// What is confirmed, or about to be given back, is tended no more. What a look that is under way finds is ignored.
    func leave(_ snapshot: SnapshotID) {
        state.withLock { state in
            for index in state.subjects.indices where state.subjects[index].snapshot == snapshot {
                state.subjects[index].point = nil
            }
        }
    }

    /// Returns once nothing is reported or tended any more.
    func stop() {
        end.signal()
        group.wait()
    }

    /// Why a point in time was lost: it is the reason of all that failed after it.
    var failure: EngineError? { state.withLock { $0.failure } }

    private func look() {
        for subject in state.withLock({ $0.subjects }) {
            report(subject)
            hear(subject)
            tend(subject)
        }
    }

    /// For the eyes of others only: a report that is lost is followed by another.
    private func report(_ subject: Subject) {
        let progress = subject.progress
        let report = Report(processedByteCount: progress.processedByteCount, stage: progress.stage)
        guard state.withLock({ $0.reported.updateValue(report, forKey: subject.snapshot) }) != report else { return }
        try? catalogue.updateProgress(
            subject.snapshot, processed: report.processedByteCount, new: progress.newByteCount,
            stored: progress.storedByteCount, stage: report.stage)
    }

    private func hear(_ subject: Subject) {
        guard let reason = try? catalogue.cancellationReason(subject.snapshot) else { return }
        cancellation.cancel(reason)
    }

    private func tend(_ subject: Subject) {
        guard let point = subject.point, failure == nil else { return }
        do throws(ConsistencyError) {
            try point.tend()
        } catch {
            let failure = EngineError(error)
            let counts = state.withLock { state in
                let isTended = state.subjects.contains { $0.snapshot == subject.snapshot && $0.point != nil }
                if isTended { state.failure = failure }
                return isTended
            }
            if counts { cancellation.cancel(failure.explanation) }
        }
    }
}
