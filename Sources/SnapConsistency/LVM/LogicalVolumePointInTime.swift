package import SnapDevice
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// A temporary snapshot of a logical volume, read-only.
package final class LogicalVolumePointInTime: PointInTime {
    package let reader: VolumeReader
    package let lease: PointInTimeLease?
    /// How long its volume stood still while it was made, as far as it was seen.
    package let suspension: Duration?

    private let snapshot: LogicalVolume
    /// Of a thin one: the device of its pool.
    private let poolDeviceName: String?
    private let isReleased = Mutex(false)

    /// Opens it.
    init(_ found: TemporarySnapshot.Found, suspension: Duration? = nil) throws(ConsistencyError) {
        snapshot = found.snapshot
        self.suspension = suspension
        let isThin = snapshot.kind == .thin
        lease = .logicalVolume(group: snapshot.group, name: snapshot.name, uuid: snapshot.uuid, isThin: isThin)
        // LVM stacks a pool of two devices: the one that dm-thin drives has a suffix.
        poolDeviceName = found.pool.map { $0.mapperName + "-tpool" }
        if snapshot.isInvalid { throw Self.lost(snapshot, "invalid") }
        reader = try Self.open(snapshot)
    }

    package func tend() throws(ConsistencyError) {
        switch try status(snapshot.mapperName) {
        case .reserve(let used, let byteCount): extendIfNeeded(used, byteCount)
        case .thin: try checkPool()
        case .lost(let word): throw lost(word)
        case .pool, .other: throw lost("changed")
        }
    }

    package func confirm() throws(ConsistencyError) {
        // What overflowed once is invalid for ever, so the end tells of all that was read.
        switch try status(snapshot.mapperName) {
        case .reserve, .thin: return
        case .lost(let word): throw lost(word)
        case .pool, .other: throw lost("changed")
        }
    }

    package func release() {
        let wasReleased = isReleased.withLock { isReleased in
            defer { isReleased = true }
            return isReleased
        }
        guard !wasReleased else { return }
        reader.close()
        if let found = try? TemporarySnapshot.find(snapshot.name, in: snapshot.group, uuid: snapshot.uuid) {
            try? TemporarySnapshot.remove(found.snapshot)
        }
    }

    // MARK: - Tending

    private func status(_ deviceName: String) throws(ConsistencyError) -> DeviceMapperStatus {
        do throws(ConsistencyError) {
            return try DeviceMapperStatus.of(deviceName)
        } catch {
            // Also gone when somebody removed it.
            throw ConsistencyError(.pointInTimeLost, "the temporary snapshot \(snapshot.fullName) is gone: \(error)")
        }
    }

    /// Failing is no failure yet: there is room left, and the next call tries again.
    private func extendIfNeeded(_ used: Int, _ byteCount: Int) {
        let reserve = SnapshotReserve(volumeByteCount: reader.byteCount, extentByteCount: snapshot.extentByteCount)
        guard reserve.needsExtension(usedByteCount: used, byteCount: byteCount),
            let current = try? LogicalVolume.all(in: snapshot.group).first(where: { $0.uuid == snapshot.uuid }),
            let more = reserve.extensionByteCount(
                usedByteCount: used, byteCount: byteCount, free: current.groupFreeByteCount)
        else { return }
        _ = try? LVMProgram.lvextend.run(["--size", "+\(more)b", snapshot.fullName])
    }

    private func checkPool() throws(ConsistencyError) {
        guard let poolDeviceName else { return }
        switch try status(poolDeviceName) {
        case .pool(let used, let usedMetadata, let takesWrites):
            guard !takesWrites || ThinPoolLimits.isExceeded(used: used, usedMetadata: usedMetadata) else { return }
            throw ConsistencyError(
                .pointInTimeLost,
                "thin pool \(snapshot.group)/\(snapshot.poolName ?? "") is full (\(ThinPoolLimits.percent(used)) of its data, "
                    + "\(ThinPoolLimits.percent(usedMetadata)) of its metadata); the snapshot was given up, so that its "
                    + "volumes can go on; extend it (lvextend)")
        case .lost(let word): throw lost(word)
        case .reserve, .thin, .other: throw lost("changed")
        }
    }

    private func lost(_ word: String) -> ConsistencyError { Self.lost(snapshot, word) }

    private static func lost(_ snapshot: LogicalVolume, _ word: String) -> ConsistencyError {
        let remedy =
            snapshot.kind == .thin
            ? "its thin pool failed; look at it with lvs and in the kernel log"
            : "its reserve overflowed: more was written to the volume than there was room for; give it more, or the "
                + "volume group more room"
        return ConsistencyError(
            .pointInTimeLost, "the temporary snapshot \(snapshot.fullName) is lost (\(word)): \(remedy)")
    }

    // MARK: - Opening

    private static func open(_ snapshot: LogicalVolume) throws(ConsistencyError) -> VolumeReader {
        do throws(DeviceError) {
            // Nobody can write to it, so it need not be claimed, and another process can go on with it.
            return try VolumeReader(opening: try VolumeFacts.inspect(nodePath(of: snapshot)), claiming: false)
        } catch {
            throw ConsistencyError(error)
        }
    }

    /// The usual node, if udev or LVM made it; that of the kernel always is there.
    private static func nodePath(of snapshot: LogicalVolume) -> FilePath {
        let status = try? FileStatus(of: snapshot.mapperPath)
        if status?.kind == .blockDevice, status?.device == snapshot.device { return snapshot.mapperPath }
        return snapshot.device.map { FilePath("/dev/dm-\($0.minor)") } ?? snapshot.mapperPath
    }
}
