package import SnapModel
internal import SnapSystem
internal import SystemPackage

/// Describes what a volume is made of, from itself down to the disks.
struct LayerWalk {
    let tree: DeviceTree
    let mounts: MountTable
    private var visited: Set<String> = []

    init(tree: DeviceTree = DeviceTree(), mounts: MountTable = .current()) {
        self.tree = tree
        self.mounts = mounts
    }

    mutating func layer(of facts: VolumeFacts) -> VolumeLayer {
        if let node = facts.device.flatMap({ tree.node($0) }) {
            var layer = layer(of: node)
            layer.name = facts.path.string
            return layer
        }
        return layer(ofFile: facts.path, "image file", byteCount: facts.byteCount)
    }

    private mutating func layer(of node: DeviceNode) -> VolumeLayer {
        var layer = VolumeLayer(.disk, node.path.string, byteCount: node.byteCount)
        (layer.kind, layer.detail) = describe(node)
        // Also the bound of the recursion: what is beneath a device is told once.
        guard visited.insert(node.name).inserted else { return layer }
        for name in node.slaveNames + [node.diskName].compactMap({ $0 }) {
            if let beneath = tree.node(named: name) { layer.beneath.append(self.layer(of: beneath)) }
        }
        if let backing = tree.loopBacking(of: node) { layer.beneath.append(self.layer(of: backing)) }
        return layer
    }

    private mutating func layer(of backing: LoopBacking) -> VolumeLayer {
        let size = backing.sizeLimit == 0 ? "" : ", \(backing.sizeLimit) bytes of it"
        let part = backing.offset == 0 && size.isEmpty ? "" : ", from byte \(backing.offset)\(size)"
        guard let path = backing.path else {
            return VolumeLayer(.file, "?", detail: "image file whose name is gone or leads elsewhere\(part)")
        }
        return layer(ofFile: path, "image file\(part)", byteCount: (try? FileStatus(of: path))?.byteCount)
    }

    private mutating func layer(ofFile path: FilePath, _ detail: String, byteCount: Int?) -> VolumeLayer {
        var layer = VolumeLayer(.file, path.string, detail: detail, byteCount: byteCount)
        guard let mount = mounts.mount(reaching: path) else { return layer }
        var filesystem = VolumeLayer(.filesystem, mount.mountPoint, detail: mount.filesystemType)
        // A filesystem of the network or in memory has no device.
        let devices = tree.devices(of: mount)
        if devices.isEmpty { filesystem.detail += " from \(mount.source)" }
        for node in devices.compactMap({ tree.node($0) }) { filesystem.beneath.append(self.layer(of: node)) }
        layer.beneath = [filesystem]
        return layer
    }

    private func describe(_ node: DeviceNode) -> (VolumeLayer.Kind, String) {
        if node.isPartition { return (.partition, "partition, from byte \(node.startByte ?? 0)") }
        if let name = node.attribute("dm/name") {
            let uuid = node.attribute("dm/uuid") ?? ""
            if let volume = LogicalVolumeName(deviceName: name, deviceUUID: uuid) {
                return (.logicalVolume, "logical volume \(volume)")
            }
            let type = uuid.split(separator: "-").first.map { " of \($0)" } ?? ""
            return (.deviceMapper, "\(name), device-mapper\(type)")
        }
        if let level = node.attribute("md/level") { return (.raid, level) }
        if node.attribute("loop/backing_file") != nil { return (.loop, "loop device") }
        return (.disk, node.attribute("device/model") ?? "")
    }
}

extension VolumeStack {
    /// What `volume` is made of.
    package static func layers(of volume: VolumeFacts) -> VolumeLayer {
        var walk = LayerWalk()
        return walk.layer(of: volume)
    }
}
