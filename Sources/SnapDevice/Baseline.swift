internal import SnapSystem

/// What changes when somebody writes to a volume: compared before and after it is read.
struct Baseline: Hashable, Sendable {
    /// The kernel promised to end the lease when somebody opens the file for writing.
    let hasLease: Bool
    private let byteCount: Int
    /// Of a file: mtime and ctime.
    private let times: [Int64]
    /// Of a device: writes and discards that reached it. O_EXCL keeps out mounts, but not a plain open and write.
    private let changeCount: String?

    init(of facts: VolumeFacts, _ file: borrowing OwnedDescriptor, hasLease: Bool) throws(SystemError) {
        self.hasLease = hasLease
        switch facts.kind {
        case .regularFile:
            let status = try file.status()
            byteCount = status.byteCount
            times = [status.contentsChanged, status.statusChanged]
            changeCount = nil
        case .blockDevice:
            byteCount = try file.blockDeviceByteCount()
            times = []
            changeCount = facts.device.flatMap { DeviceTree().node($0)?.changeCount }
        }
    }
}
