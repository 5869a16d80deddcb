internal import Logging
internal import SnapEngine
internal import SnapSystem
internal import Synchronization

/// Hears, on a thread of its own, what the command that started the worker says, that it is gone, and signals.
///
/// Until it is released the worker gives up with the command. A signal cancels; but once the points in time outlive
/// the worker it just ends, as at a shutdown, and the snapshots are resumed later.
final class WorkerLeash: Sendable {
    private static let interval = Duration.milliseconds(100)
    /// Of sysexits(3), EX_TEMPFAIL: try again.
    private static let stoppedStatus: Int32 = 75

    let cancellation = CancellationFlag()
    private let signals = CancellationFlag()
    private let canEndAtOnce = Atomic(false)
    private let isReleased = Atomic(false)

    init(_ words: consuming LineReader) {
        let box = Mutex<LineReader?>(words)
        let watch = SignalWatch(cancelling: signals)
        WorkerGroup().start("snap-leash") { [self] _ in
            guard var words = box.withLock({ $0.take() }) else { return }
            listen(&words)
            withExtendedLifetime(watch) {}
        }
    }

    /// The points in time are secured, and outlive this process.
    func mayEndAtOnce() { canEndAtOnce.store(true, ordering: .releasing) }

    /// Nothing is lost with whoever started this process.
    func releaseFromTheStart() {
        isReleased.store(true, ordering: .releasing)
        mayEndAtOnce()
    }

    private func listen(_ words: inout LineReader) {
        var hasEnded = false
        while true {
            heedSignals()
            if hasEnded {
                CurrentProcess.rest(for: Self.interval)
                continue
            }
            switch words.next(within: Self.interval) {
            case .nothing: continue
            case .line(WorkerWord.release): isReleased.store(true, ordering: .releasing)
            case .line(let word) where word.hasPrefix(WorkerWord.cancel):
                cancellation.cancel(String(word.dropFirst(WorkerWord.cancel.count)))
            case .line: continue
            case .end:
                hasEnded = true
                guard !isReleased.load(ordering: .acquiring) else { continue }
                cancellation.cancel("the command that asked for it ended before it was secured")
            }
        }
    }

    private func heedSignals() {
        guard signals.isCancelled else { return }
        if canEndAtOnce.load(ordering: .acquiring) {
            Logger(label: "snapctl").notice("stopped: \(signals.reason); 'snapctl resume' goes on")
            CurrentProcess.end(status: Self.stoppedStatus)
        }
        cancellation.cancel(signals.reason)
    }
}
