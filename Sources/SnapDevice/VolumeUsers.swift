package import SystemPackage

/// A filesystem that lies on a volume, itself or through devices and image files between, and is mounted here.
package struct VolumeFilesystem: Hashable, Sendable {
    /// The device that it lies on, as the kernel names it.
    package var deviceName: String
    /// `ext4`
    package var type: String
    /// All, in the order of the mount table; several are of one filesystem (bind mounts).
    package var mountPoints: [FilePath]
    /// The shortest of them that is not covered by another mount.
    package var reachablePoint: FilePath?
    package var isReadOnly: Bool
    /// How many filesystems, holders and loop devices are between it and the volume.
    package var height: Int

    /// Where FIFREEZE can hold it still: nil when its type knows no freeze, or no path leads to it.
    package var freezePoint: FilePath? { Self.freezableTypes.contains(type) ? reachablePoint : nil }

    /// Those of Linux with a `freeze_fs` of their own; any other is known to refuse, or was never tried.
    private static let freezableTypes: Set<String> = [
        "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "nilfs2", "gfs2", "ocfs2", "bcachefs",
    ]
}

/// All who use a volume.
package struct VolumeUsers: Hashable, Sendable {
    /// In the order in which they have to be frozen: what lies upon another before it, and deepest mount point first.
    package var filesystems: [VolumeFilesystem] = []
    /// Active swap areas: devices and files.
    package var swaps: [String] = []
    /// Devices that are made of it, and hold it: LVM, dm-crypt, MD.
    package var holders: [String] = []
    /// Loop devices over it, and over files in its filesystems.
    package var loops: [FilePath] = []
    /// What is claimed by somebody who cannot be seen from here: mounted in a container, perhaps.
    package var hiddenClaims: [FilePath] = []
    /// "/dev/loop3 is open for writing by process 812 (qemu)", the first few.
    package var writers: [String] = []
    /// The nodes of all devices with a page cache of its bytes: the volume, its relatives, what is made of it. None that
    /// shows a file in a filesystem of the volume: flushing one waits while that filesystem is frozen.
    package var devices: [FilePath] = []

    package init() {}

    /// Whoever uses it but cannot be brought to rest by freezing filesystems: one line each.
    package var unquieted: [String] {
        filesystems.filter { !$0.isReadOnly && $0.freezePoint == nil }.map {
            "\($0.type) at \($0.mountPoints.first?.string ?? "?") cannot be frozen"
        } + swaps.map { "\($0) is active as swap" } + hiddenClaims.map { "\($0) \(Self.hiddenClaim)" } + writers
    }

    /// The same, and what keeps it mounted or held.
    package var all: [String] {
        filesystems.map { "\($0.deviceName) is mounted at \($0.mountPoints.first?.string ?? "?")" }
            + holders.map { "it is part of \($0)" } + unquieted
    }

    static let hiddenClaim = "is claimed by somebody who cannot be seen from here, perhaps mounted in a container"
}
