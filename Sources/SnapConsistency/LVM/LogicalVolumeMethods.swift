internal import SnapSystem
internal import SystemPackage

/// The methods of logical volumes, `lvm-thin` and `lvm`: which of them a volume has, and what they left behind.
package struct LogicalVolumeMethods: Sendable {
    /// What LVM itself uses while it makes snapshots: must not be on a filesystem that is frozen meanwhile, of a set.
    package static let needs = ["/etc/lvm", "/run/lvm", "/run/lock/lvm", "/usr/sbin/lvm"].map {
        FrozenNeed("LVM", FilePath($0))
    }

    package init() {}

    // MARK: - What a process left

    /// All temporary snapshots there are: also those that a living process reads. Empty where there is no LVM.
    package static func leftovers() throws(ConsistencyError) -> [PointInTimeLease] {
        guard LVMProgram.lvs.path != nil, File.exists("/dev/mapper/control") else { return [] }
        return try TemporarySnapshot.all().map { volume in
            .logicalVolume(
                group: volume.group, name: volume.name, uuid: volume.uuid, isThin: volume.kind == .thin)
        }
    }

    /// Removes a temporary snapshot. One that is gone is no error; one that somebody reads is (`toolFailed`), and one that is
    /// not ours any more, such as a renamed one, is left alone.
    package static func clear(_ lease: PointInTimeLease) throws(ConsistencyError) {
        guard let volume = try find(lease) else { return }
        try TemporarySnapshot.remove(volume)
    }

    /// True also where LVM does not answer, such as without permission.
    static func isThere(_ lease: PointInTimeLease) -> Bool {
        do throws(ConsistencyError) { return try find(lease) != nil } catch { return true }
    }

    /// One that was planned has no uuid yet: its name is nobody else's.
    private static func find(_ lease: PointInTimeLease) throws(ConsistencyError) -> LogicalVolume? {
        guard case .logicalVolume(let group, let name, let uuid, _) = lease else { return nil }
        return try TemporarySnapshot.all().first { volume in
            uuid.isEmpty ? volume.group == group && volume.name == name : volume.uuid == uuid
        }
    }

    /// Goes on with one that another process took. Throws `pointInTimeLost` where it is gone or has overflowed.
    package static func reopen(_ lease: PointInTimeLease) throws(ConsistencyError) -> any PointInTime {
        guard case .logicalVolume(let group, let name, let uuid, _) = lease else {
            preconditionFailure("\(lease) is of another method")
        }
        var found = try TemporarySnapshot.find(name, in: group, uuid: uuid)
        if !found.snapshot.isActive {
            // Since a restart of the system.
            try LVMProgram.lvchange.run(["--activate", "y", "--ignoreactivationskip", found.snapshot.fullName])
            found = try TemporarySnapshot.find(name, in: group, uuid: uuid)
        }
        let pointInTime = try LogicalVolumePointInTime(found)
        try pointInTime.confirm()
        return pointInTime
    }
}
