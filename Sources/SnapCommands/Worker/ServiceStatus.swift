internal import Dispatch
internal import SnapEngine
internal import SnapModel
internal import SnapSystem
internal import Synchronization

/// Tells systemd, from a thread of its own, what a worker does: `systemctl status snapctl-create@…` then shows how far it is.
///
/// The watchdog hears of it only while something gets on: bytes are passed, or there is none to pass yet. So a worker that
/// hangs on a disk that does not answer is ended, and its snapshot resumed later.
final class WorkerStatus: Sendable {
    private static let interval = DispatchTimeInterval.seconds(2)

    private let notifier: ServiceNotifier
    private let progress: TransferProgress
    private let subject = Mutex("")
    private let isEnding = DispatchSemaphore(value: 0)

    /// nil in no unit of systemd.
    static func begin(_ progress: TransferProgress) -> WorkerStatus? {
        ServiceNotifier.current.map { WorkerStatus($0, progress) }
    }

    private init(_ notifier: ServiceNotifier, _ progress: TransferProgress) {
        self.notifier = notifier
        self.progress = progress
        notifier.tell(.status("making the point in time"), .watchdog)
        WorkerGroup().start("snap-status") { [self] _ in run() }
    }

    func pending(_ snapshots: [Snapshot]) {
        subject.withLock { $0 = snapshots.map(\.id.rawValue).joined(separator: " ") }
    }

    /// The unit counts as started.
    func secured() { notifier.tell(.ready, .watchdog, .status(words)) }

    /// No more is told.
    func end(_ words: String) {
        isEnding.signal()
        notifier.tell(.status(words))
    }

    private func run() {
        var last: [Int] = []
        while isEnding.wait(timeout: .now() + Self.interval) == .timedOut {
            let now = [progress.processedByteCount, progress.readByteCount, progress.newByteCount]
            if progress.totalByteCount > 0 { notifier.tell(.status(words)) }
            if now != last || progress.totalByteCount == 0 { notifier.tell(.watchdog) }
            last = now
        }
    }

    private var words: String {
        let subject = subject.withLock { $0 }
        let (done, total) = (progress.processedByteCount, progress.totalByteCount)
        guard total > 0 else { return "\(subject): the point in time is secured" }
        let percent = Int(Double(done) / Double(total) * 100)
        return "\(subject): \(percent) % of \(HumanText.bytes(total)), new \(HumanText.bytes(progress.newByteCount))"
    }
}
