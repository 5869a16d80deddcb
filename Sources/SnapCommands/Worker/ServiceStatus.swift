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
final class ServiceStatus: Sendable {
    private static let interval = DispatchTimeInterval.seconds(2)

    private let notifier: ServiceNotifier
    private let progress: TransferProgress
    private let subject: Mutex<String>
    private let isEnding = DispatchSemaphore(value: 0)

    /// nil in no unit of systemd. `subject`: what is being done, a few words.
    static func begin(_ progress: TransferProgress, _ subject: String) -> ServiceStatus? {
        ServiceNotifier.current.map { ServiceStatus($0, progress, subject) }
    }

    private init(_ notifier: ServiceNotifier, _ progress: TransferProgress, _ subject: String) {
        self.notifier = notifier
        self.progress = progress
        self.subject = Mutex(subject)
        notifier.tell(.status(subject), .watchdog)
        WorkerGroup().start("snap-status") { [self] _ in run() }
    }

    /// The next thing is begun: a sign of life, too.
    func turn(to subject: String) {
        self.subject.withLock { $0 = subject }
        notifier.tell(.status(words), .watchdog)
    }

    /// No more is told.
    func end(_ words: String) {
        isEnding.signal()
        notifier.tell(.status(words))
    }

    private func run() {
        var last: [String] = []
        while isEnding.wait(timeout: .now() + Self.interval) == .timedOut {
            let counts = [progress.processedByteCount, progress.readByteCount, progress.newByteCount]
            let now = counts.map { String($0) } + [progress.stage ?? ""]
            if progress.totalByteCount > 0 { notifier.tell(.status(words)) }
            if now != last || progress.totalByteCount == 0 { notifier.tell(.watchdog) }
            last = now
        }
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
