package import SnapDevice
package import SnapModel
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// `lvm-thin` and `lvm`: LVM makes a temporary snapshot of a logical volume, which is read. While it does, it suspends the
/// volume and freezes the filesystem on it, for milliseconds.
package final class LogicalVolumeMethod: PointInTimeMethod {
    package let method: ConsistencyMethod
    package let facts: VolumeFacts
    package let level: ConsistencyLevel
    package let holdsFreeze = false

    private let uuid: String
    private let inspection: VolumeInspection
    private let reserveByteCount: Int?
    private let name = TemporarySnapshotName.random()
    private let prepared = Mutex<Prepared?>(nil)

    private struct Prepared {
        var volume: LogicalVolume
        /// nil: thin.
        var reserveByteCount: Int?
    }

    init(_ inspection: VolumeInspection, _ volume: LogicalVolume, _ options: PointInTimeOptions) {
        method = volume.kind == .thin ? .lvmThin : .lvm
        facts = inspection.facts
        level = inspection.isQuietable ? .filesystem : .crash
        uuid = volume.uuid
        self.inspection = inspection
        reserveByteCount = options.reserveByteCount
    }

    /// Alone, LVM freezes the filesystem that lies on the volume itself; what lies higher (in dm-crypt, in an image file) it
    /// does not reach, and neither, since Linux 6.8, btrfs.
    package func targets(isInSet: Bool) -> [FreezeTarget] {
        if isInSet { return inspection.freezeTargets }
        return inspection.freezeTargets.filter { target in
            let filesystem = inspection.users.filesystems.first { $0.freezePoint == target.mountPoint }
            return filesystem.map { !Self.isFrozenByLVM($0) } ?? true
        }
    }

    static func isFrozenByLVM(_ filesystem: VolumeFilesystem) -> Bool {
        filesystem.height == 0 && !(filesystem.type == "btrfs" && NestedFreeze.isPossible)
    }

    package func prepare() throws(ConsistencyError) {
        let volumes = try LogicalVolume.all()
        guard let volume = volumes.first(where: { $0.uuid == uuid }), volume.isActive, !volume.isBusy else {
            throw ConsistencyError(
                .notPossible, "\(facts.path) is no active logical volume any more; look at it with lvs")
        }
        let reserve = try makeRoom(for: volume, among: volumes)
        for target in inspection.freezeTargets { try flush(target) }
        prepared.withLock { $0 = Prepared(volume: volume, reserveByteCount: reserve) }
    }

    package var needs: [FrozenNeed] { LogicalVolumeMethods.needs }

    package var plannedLease: PointInTimeLease? {
        prepared.withLock { prepared in
            prepared.map { prepared in
                .logicalVolume(
                    group: prepared.volume.group, name: name.rawValue, uuid: "", isThin: method == .lvmThin)
            }
        }
    }

    package func take() throws(ConsistencyError) -> any PointInTime {
        guard let prepared = prepared.withLock({ $0 }) else { preconditionFailure("take without prepare") }
        let watch = prepared.volume.device.map(SuspensionWatch.init)
        do throws(ConsistencyError) {
            try LVMProgram.lvcreate.run(arguments(prepared))
            let suspension = watch?.end()
            let found = try TemporarySnapshot.find(name.rawValue, in: prepared.volume.group)
            return try LogicalVolumePointInTime(found, suspension: suspension)
        } catch {
            _ = watch?.end()
            resume(prepared.volume)
            throw explained(error)
        }
    }

    package func abandon() {
        guard let prepared = prepared.withLock({ $0 }) else { return }
        resume(prepared.volume)
        // A half-made one is no snapshot yet, but by its name nobody else's.
        let volumes = (try? LogicalVolume.all(in: prepared.volume.group)) ?? []
        guard let made = volumes.first(where: { TemporarySnapshotName(of: $0) == name }) else { return }
        try? TemporarySnapshot.remove(made)
    }

    // MARK: - Preparing

    /// Throws `noReserve`. Returns the reserve of a thick one.
    private func makeRoom(
        for volume: LogicalVolume, among volumes: [LogicalVolume]
    ) throws(ConsistencyError) -> Int? {
        guard volume.kind == .thin else {
            return try SnapshotReserve.of(volume).initialByteCount(
                asked: reserveByteCount, free: volume.groupFreeByteCount, group: volume.group)
        }
        let pool = volumes.first { $0.group == volume.group && $0.name == volume.poolName }
        if let pool { try ThinPoolLimits.check(pool) }
        return nil
    }

    /// What is written now need not be written while all wait. By a program, since only that can be given up: syncfs(2) of a
    /// filesystem in trouble never returns.
    private func flush(_ target: FreezeTarget) throws(ConsistencyError) {
        let arguments = ["--file-system", target.mountPoint.string]
        let outcome: Subprocess.Outcome
        do throws(SystemError) {
            outcome = try Subprocess.run("/bin/sync", arguments, timeout: Self.flushTimeout)
        } catch {
            throw ConsistencyError(error)
        }
        guard !outcome.isSuccess else { return }
        let ending = outcome.errors.isEmpty ? outcome.ending.description : outcome.errors
        throw ConsistencyError(.freezeFailed, "\(target.mountPoint) cannot be flushed (sync --file-system): \(ending)")
    }

    // MARK: - Taking

    private func arguments(_ prepared: Prepared) -> [String] {
        var words = ["--snapshot", "--name", name.rawValue, "--permission", "r", "--yes"]
        for tag in [TemporarySnapshotName.tag, name.rawValue] { words += ["--addtag", tag] }
        if let byteCount = prepared.reserveByteCount {
            words += ["--size", "\(byteCount)b"]
        } else {
            // At the next start of the system it stays asleep until somebody asks for it.
            words += ["--setactivationskip", "y", "--ignoreactivationskip", "--activate", "y"]
        }
        return words + [prepared.volume.fullName]
    }

    /// A program of LVM that failed at the wrong moment leaves the volume suspended, and all who write to it hanging.
    private func resume(_ volume: LogicalVolume) {
        guard let device = volume.device, SuspensionWatch.isSuspended(device) else { return }
        _ = try? LVMProgram.dmsetup.run(["resume", volume.mapperName])
    }

    private func explained(_ error: ConsistencyError) -> ConsistencyError {
        guard error.code == .alreadyFrozen else { return error }
        return ConsistencyError(
            .alreadyFrozen,
            "the filesystem on \(facts.path) is already frozen, and this kernel lets LVM make no snapshot of it then; "
                + "thaw it (fsfreeze --unfreeze), or \(NestedFreeze.remedy)")
    }

    private static let flushTimeout = Duration.seconds(300)
}
