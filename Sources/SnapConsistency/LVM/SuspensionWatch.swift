internal import Glibc
internal import SnapDevice
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// Watches for how long a device of device-mapper is suspended, that is, for how long those who write to it wait: from a
/// thread of its own, by sysfs. Exact to about a millisecond; the freeze of the filesystem just before it is not seen.
final class SuspensionWatch: Sendable {
    private struct State {
        var hasEnded = false
        var suspended: Duration?
        var resumed: Duration?
    }

    private let attribute: FilePath
    private let state = Mutex(State())
    private let worker = WorkerGroup()
    private let watch = Stopwatch()

    /// Begins.
    init(_ device: DeviceNumber) {
        attribute = Self.attribute(of: device)
        worker.start("suspension") { _ in self.sample() }
    }

    /// Ends, and tells how long; nil: it was never seen suspended.
    func end() -> Duration? {
        state.withLock { $0.hasEnded = true }
        worker.wait()
        return state.withLock { state in
            guard let suspended = state.suspended else { return nil }
            return (state.resumed ?? watch.elapsed) - suspended
        }
    }

    /// Whether it is suspended now.
    static func isSuspended(_ device: DeviceNumber) -> Bool { read(attribute(of: device)) }

    private static func attribute(of device: DeviceNumber) -> FilePath {
        FilePath("/sys/dev/block/\(device)/dm/suspended")
    }

    private static func read(_ attribute: FilePath) -> Bool {
        (try? File.readText(attribute))?.hasPrefix("1") ?? false
    }

    private func sample() {
        while true {
            let isSuspended = Self.read(attribute)
            let now = watch.elapsed
            let isOver = state.withLock { state in
                if isSuspended {
                    if state.suspended == nil { state.suspended = now }
                    state.resumed = nil
                } else if state.suspended != nil, state.resumed == nil {
                    state.resumed = now
                }
                return state.hasEnded
            }
            if isOver { return }
            usleep(Self.intervalMicroseconds)
        }
    }

    private static let intervalMicroseconds: UInt32 = 500
}
