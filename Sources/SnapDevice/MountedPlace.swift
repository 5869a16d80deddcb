package import SnapSystem
package import SystemPackage

/// Where a file lies among what is mounted, as this process sees it.
package struct MountedPlace: Hashable, Sendable {
    /// The same for all mounts of one filesystem. Not what stat(2) tells: btrfs has a number of its own for each subvolume there.
    package let filesystem: DeviceNumber
    package let mountPoint: FilePath
    /// `ext4`
    package let filesystemType: String

    /// nil when the table of mounts does not name it: it was unmounted meanwhile.
    package init?(of file: borrowing OwnedDescriptor) {
        let mounts = MountTable.current()
        let id = (try? file.extendedStatus())?.mountID
        // Kernels before 5.8 do not tell the number of the mount.
        let mount =
            id.map { id in mounts.mounts.first { $0.id == id } }
            ?? (try? File.resolve(file.path)).flatMap { mounts.mount(holding: $0) }
        guard let mount else { return nil }
        filesystem = mount.device
        mountPoint = FilePath(mount.mountPoint)
        filesystemType = mount.filesystemType
    }
}

extension MountedPlace {
    /// Whether a filesystem of this number, `8:17`, is mounted anywhere that this process sees.
    package static func isMounted(number: String) -> Bool {
        MountTable.current().mounts.contains { "\($0.device)" == number }
    }
}

extension VolumeStack {
    /// All filesystems that a write to `path` reaches, by both numbers that they may have: that which holds it, or the nearest
    /// folder above it that exists, and those beneath that one (loop devices, overlays). Not what nobody can tell, as in `carries`.
    package static func filesystems(beneath path: FilePath) -> Set<DeviceNumber> {
        var walk = StackWalk(tree: DeviceTree(), mounts: .current())
        walk.descend(from: path)
        // Also where the name of a loop device's file is gone.
        return walk.filesystems.union(walk.files.map(\.filesystem))
    }
}
