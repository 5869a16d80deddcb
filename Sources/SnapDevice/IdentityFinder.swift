internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// Finds what tells a volume from others, the strongest first (DESIGN §5.1).
struct IdentityFinder: Sendable {
    let tree: DeviceTree

    init(tree: DeviceTree = DeviceTree()) { self.tree = tree }

    /// Of a block device. `path`: the last resort.
    func identity(of node: DeviceNode, path: FilePath) -> VolumeIdentity {
        if let value = unique(node) { return VolumeIdentity(strength: .strong, value: value) }
        if let backing = tree.loopBacking(of: node), let path = backing.path, let file = try? identity(ofFile: path) {
            return file.part(backing)
        }
        if let disk = node.diskName.flatMap({ tree.node(named: $0) }) {
            return identity(of: node, on: disk, path: path)
        }
        return contents(of: path) ?? VolumeIdentity(strength: .weak, value: "path:\(path.string)")
    }

    /// Of a regular file: filesystem, inode and birth time. A file that takes its place later is born later.
    func identity(ofFile path: FilePath) throws(SystemError) -> VolumeIdentity {
        let file = try OwnedDescriptor(opening: path, .readOnly, options: .nonBlocking)
        let (status, extended) = (try file.status(), try file.extendedStatus())
        let place = "file:\(extended.filesystemIdentity):\(status.inode)"
        guard let birth = extended.birthTime else { return VolumeIdentity(strength: .weak, value: place) }
        return VolumeIdentity(strength: .strong, value: "\(place):\(birth)")
    }

    /// What the makers of the device promise to be unique.
    private func unique(_ node: DeviceNode) -> String? {
        if let uuid = node.attribute("dm/uuid") { return "dm:\(uuid)" }
        if let uuid = node.attribute("md/uuid") { return "md:\(uuid)" }
        for attribute in ["wwid", "device/wwid", "serial", "device/cid", "device/serial"] {
            guard let value = node.attribute(attribute), Self.isTelling(value) else { continue }
            return "\(attribute.split(separator: "/").last ?? ""):\(value)"
        }
        return nil
    }

    /// A partition is told by its disk, and on that by its own UUID, or by where it begins.
    private func identity(of node: DeviceNode, on disk: DeviceNode, path: FilePath) -> VolumeIdentity {
        let start = node.startByte ?? 0
        let uuid = (try? Probe.open(disk.path))?.partitionUUID(at: start)
        let whole = identity(of: disk, path: disk.path)
        // A path says less than a UUID of the partition alone.
        if let uuid, whole.value.hasPrefix("path:") {
            return VolumeIdentity(strength: .weak, value: "partition:\(uuid)")
        }
        return VolumeIdentity(strength: whole.strength, value: "\(whole.value):partition:\(uuid ?? "at-\(start)")")
    }

    /// Weak: a clone of a disk has the same.
    private func contents(of path: FilePath) -> VolumeIdentity? {
        guard let signature = try? Signature.recognise(path), let uuid = signature.uuid else { return nil }
        return VolumeIdentity(strength: .weak, value: "contents:\(signature.type):\(uuid)")
    }

    /// Some makers give every device the same number: zeros, or one digit again and again.
    private static func isTelling(_ value: String) -> Bool {
        Set(value.filter { $0.isLetter || $0.isNumber }).count > 1
    }
}

extension VolumeIdentity {
    /// A loop device over the whole of a file is the same volume as the file.
    fileprivate func part(_ backing: LoopBacking) -> VolumeIdentity {
        if backing.offset == 0, backing.sizeLimit == 0 { return self }
        return VolumeIdentity(strength: strength, value: "\(value):part:\(backing.offset):\(backing.sizeLimit)")
    }
}
