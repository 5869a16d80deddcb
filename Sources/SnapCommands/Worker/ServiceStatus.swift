internal import Dispatch
internal import SnapEngine
internal import SnapModel
internal import SnapSystem
internal import Synchronization

/// Tells systemd, from a thread of its own, what a worker or a maintenance does: `systemctl status snapctl-create@…` then
/// shows how far it is.
///
/// The watchdog hears of it only while something gets on: bytes are passed, or there is none to pass yet. So a process that
/// hangs on a disk that does not answer is ended, and what it did taken up later.
///
/// Until a unit counts as started it is ended by its `TimeoutStartSec=`, whatever the watchdog hears. That is for what has
/// no bytes to pass, such as hooks. Where a volume is copied before, each sign of life puts it off.
final class ServiceStatus: Sendable {
    private static let interval = DispatchTimeInterval.seconds(2)
    /// From a sign of life: as long as the watchdog of snapctl-create@.service waits for the next.
    private static let startExtension = Duration.seconds(30 * 60)

    private let notifier: ServiceNotifier
    private let progress: TransferProgress
    private let subject: Mutex<String>
    private let starting: Mutex<CancellationFlag?>
    private let isEnding = DispatchSemaphore(value: 0)

    /// nil in no unit of systemd. `subject`: what is being done, a few words. `starting`: until the first `turn` the unit is
    /// not started yet; cancelled when somebody wants it to end, which nothing is to put off.
    static func begin(
        _ progress: TransferProgress, _ subject: String, starting: CancellationFlag? = nil
    ) -> ServiceStatus? {
        ServiceNotifier.current.map { ServiceStatus($0, progress, subject, starting) }
    }

    private init(
        _ notifier: ServiceNotifier, _ progress: TransferProgress, _ subject: String, _ starting: CancellationFlag?
    ) {
        self.notifier = notifier
        self.progress = progress
        self.subject = Mutex(subject)
        self.starting = Mutex(starting)
        notifier.tell(.status(subject), .watchdog)
        WorkerGroup().start("snap-status") { [self] _ in run() }
    }

    /// The next thing is begun: a sign of life, too.
    func turn(to subject: String) {
        starting.withLock { $0 = nil }
        self.subject.withLock { $0 = subject }
        notifier.tell(.status(words), .watchdog)
    }

    /// No more is told.
    func end(_ words: String) {
        isEnding.signal()
        notifier.tell(.status(words))
    }

    private func run() {
        var last: Signs?
        while isEnding.wait(timeout: .now() + Self.interval) == .timedOut {
            let (now, hasBytes) = (signs, progress.totalByteCount > 0)
            if hasBytes { notifier.tell(.status(words)) }
            if let last, now != last, hasBytes, isStarting { notifier.tell(.moreTime(Self.startExtension)) }
            // After that, which puts off the watchdog, too: it is to wait for as long as its unit says.
            if now != last || !hasBytes { notifier.tell(.watchdog) }
            last = now
        }
    }

    private var isStarting: Bool { starting.withLock { $0.map { !$0.isCancelled } ?? false } }

    /// What changes as long as something gets on.
    private var signs: Signs {
        Signs(
            byteCounts: [
                progress.processedByteCount, progress.readByteCount, progress.newByteCount, progress.repeatedByteCount,
            ], stage: progress.stage)
    }

    private struct Signs: Hashable {
        var byteCounts: [Int]
        var stage: String?
    }

    private var words: String {
        let subject = subject.withLock { $0 }
        let (done, total) = (progress.processedByteCount, progress.totalByteCount)
        guard total > 0 else { return subject }
        let new = progress.newByteCount > 0 ? ", new \(HumanText.bytes(progress.newByteCount))" : ""
        let stage = progress.stage.map { ", \($0)" } ?? ""
        let percent = min(100, Int(Double(done) / Double(total) * 100))
        return "\(subject): \(percent) % of \(HumanText.bytes(total))\(new)\(stage)"
    }
}
