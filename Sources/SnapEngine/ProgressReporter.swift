internal import Dispatch
internal import SnapCatalogue
internal import SnapModel
internal import SnapSystem

/// Tells the catalogue, now and then, how far a snapshot is, so that other processes see it move.
final class ProgressReporter: Sendable {
    private static let interval: DispatchTimeInterval = .milliseconds(500)

    private let end = DispatchSemaphore(value: 0)
    private let group = WorkerGroup()

    init(_ snapshot: SnapshotID, catalogue: Catalogue, progress: TransferProgress) {
        group.start("snap-progress") { [end] _ in
            var reported = 0
            while end.wait(timeout: .now() + Self.interval) == .timedOut {
                let processed = progress.processedByteCount
                guard processed != reported else { continue }
                // For the eyes of others only: a report that is lost is followed by another.
                try? catalogue.updateProgress(
                    snapshot, processed: processed, new: progress.newByteCount, stored: progress.storedByteCount)
                reported = processed
            }
        }
    }

    /// Returns once nothing more is reported.
    func stop() {
        end.signal()
        group.wait()
    }
}
