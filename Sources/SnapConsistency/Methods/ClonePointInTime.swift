internal import SnapDevice
internal import SnapModel
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// The bytes of an instant in a clone, which `release` removes.
final class ClonePointInTime: PointInTime {
    let reader: VolumeReader
    let lease: PointInTimeLease?

    private let file: CloneFile
    /// When its contents last changed, in nanoseconds since the epoch: as it was cloned.
    private let contentsChanged: Int64
    private let isDurable = Atomic(false)
    private let isReleased = Atomic(false)

    init(_ file: CloneFile, _ facts: VolumeFacts, _ window: ByteExtent) throws(ConsistencyError) {
        self.file = file
        reader = try ConsistencyError.wrapping { () throws(DeviceError) in
            try VolumeReader(opening: facts, claiming: false, window: window)
        }
        contentsChanged = try ConsistencyError.wrapping { () throws(SystemError) in try file.status().contentsChanged }
        lease = .clone(
            path: file.path.string, inode: file.inode, offset: window.offset, byteCount: window.byteCount,
            contentsChanged: contentsChanged)
    }

    /// The first time, what nobody needed to wait for while filesystems were frozen.
    func tend() throws(ConsistencyError) {
        if !isDurable.exchange(true, ordering: .relaxed) {
            try ConsistencyError.wrapping { () throws(SystemError) in try file.makeDurable() }
        }
        try throwIfChanged()
        let available = try ConsistencyError.wrapping { () throws(SystemError) in try file.availableByteCount() }
        if available < Self.lastByteCount {
            throw ConsistencyError(
                .pointInTimeLost,
                "\(file.path.removingLastComponent()) has only \(available >> 20) MiB left, which the image's users need "
                    + "for their writes; the clone was given up: free some, or snapshot when less is written")
        }
    }

    func confirm() throws(ConsistencyError) { try throwIfChanged() }

    func release() {
        guard !isReleased.exchange(true, ordering: .relaxed) else { return }
        reader.close()
        file.remove()
    }

    private func throwIfChanged() throws(ConsistencyError) {
        let current = try ConsistencyError.wrapping { () throws(SystemError) in try file.status().contentsChanged }
        if current != contentsChanged {
            throw ConsistencyError(.pointInTimeLost, "the clone \(file.path) was written to by somebody")
        }
    }

    /// With less room left, the clone is given up.
    private static let lastByteCount = 8 << 20
}
