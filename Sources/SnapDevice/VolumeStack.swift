internal import SnapSystem
package import SystemPackage

/// What a file lies on, down to the disk: filesystem, partitions, device-mapper, loop devices and their files, overlays.
package enum VolumeStack {
    /// `ext4`: that of the filesystem that holds `path`, which is resolved.
    package static func filesystemType(holding path: FilePath) -> String? {
        MountTable.current().mount(reaching: path)?.filesystemType
    }

    /// Whether `path`, or the nearest folder above it that exists, lies on `volume`, so that writing there changes it.
    ///
    /// False also where nobody can tell: filesystems of a network, of a user's program, or with names of their own for
    /// devices (ZFS).
    package static func carries(_ volume: VolumeFacts, _ path: FilePath) -> Bool {
        var walk = StackWalk(tree: DeviceTree(), mounts: .current())
        walk.descend(from: path)
        if let device = volume.device, walk.devices.contains(device) { return true }
        return (volume.file ?? volume.loop?.file).map { walk.files.contains($0) } ?? false
    }
}

/// Collects all devices and files beneath a path.
struct StackWalk {
    let tree: DeviceTree
    let mounts: MountTable
    private(set) var devices: Set<DeviceNumber> = []
    private(set) var files: Set<FileNumber> = []
    /// By what stat(2) tells of their files, and by what the table of mounts does: btrfs shows other numbers in each.
    private(set) var filesystems: Set<DeviceNumber> = []

    init(tree: DeviceTree, mounts: MountTable) {
        self.tree = tree
        self.mounts = mounts
    }

    /// Adds what is beneath the filesystem that holds `path`.
    mutating func descend(from path: FilePath) {
        guard let place = Self.nearest(path), let status = try? FileStatus(of: place) else { return }
        // Also the bound of the recursion: a filesystem is entered once.
        guard filesystems.insert(status.filesystem).inserted else { return }
        if status.filesystem.major != 0 { descend(device: status.filesystem) }
        guard let mount = mounts.mount(reaching: place) else { return }
        filesystems.insert(mount.device)
        for device in tree.devices(of: mount) { descend(device: device) }
        // An overlay lies on the folders that it joins.
        for option in mount.options {
            for name in ["upperdir=", "lowerdir="] where option.hasPrefix(name) {
                for layer in option.dropFirst(name.count).split(separator: ":") {
                    descend(from: FilePath(String(layer)))
                }
            }
        }
    }

    mutating func descend(device: DeviceNumber) {
        guard devices.insert(device).inserted, let node = tree.node(device) else { return }
        for name in node.slaveNames + [node.diskName].compactMap({ $0 }) {
            if let beneath = tree.node(named: name) { descend(device: beneath.number) }
        }
        if let backing = tree.loopBacking(of: node) {
            files.insert(backing.file)
            if let path = backing.path { descend(from: path) }
        }
    }

    /// `path` without symbolic links, or the nearest folder above it that exists.
    private static func nearest(_ path: FilePath) -> FilePath? {
        var path = path
        while true {
            if let resolved = try? File.resolve(path.isEmpty ? "." : path) { return resolved }
            guard !path.isEmpty, path.removeLastComponent() else { return nil }
        }
    }
}
