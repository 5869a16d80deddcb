internal import SnapSystem
internal import SystemPackage

/// Finds who uses a device or an image file: mounts, swap, devices made of it, loop devices.
struct UseFinder: Sendable {
    let tree: DeviceTree
    private let mountPoints: [DeviceNumber: [String]]
    private let swaps: Set<String>

    init(tree: DeviceTree = DeviceTree(), mounts: MountTable = .current(), swaps: [SwapArea] = SwapArea.current()) {
        self.tree = tree
        self.swaps = Set(swaps.map(\.path))
        var points: [DeviceNumber: [String]] = [:]
        for mount in mounts.mounts {
            for number in tree.devices(of: mount) { points[number, default: []].append(mount.mountPoint) }
        }
        mountPoints = points
    }

    /// Of a device: also of its partitions, of the disk it is a partition of, and of all that is stacked over it.
    func uses(of node: DeviceNode) -> [VolumeUse] {
        var collector = Collector()
        collect(node, &collector)
        for name in node.partitionNames { tree.node(named: name).map { collect($0, &collector) } }
        // Whoever holds the disk holds every partition of it.
        if let disk = node.diskName.flatMap({ tree.node(named: $0) }) { collect(disk, &collector) }
        if let backing = tree.loopBacking(of: node) { collectTwins(of: node, backing, &collector) }
        return collector.uses
    }

    /// Of a regular file: loop devices, and all that is stacked over them.
    func uses(ofFile file: FileNumber, at path: FilePath) -> [VolumeUse] {
        var collector = Collector()
        if swaps.contains(path.string) { collector.add(.swap(device: path.string)) }
        for loop in tree.loops(over: file) {
            collector.add(.loop(device: loop.node.path.string))
            collectWithPartitions(loop.node, &collector)
        }
        return collector.uses
    }

    // MARK: - Walking up the stack

    private struct Collector {
        var uses: [VolumeUse] = []
        var visited: Set<String> = []

        mutating func add(_ use: VolumeUse) { if !uses.contains(use) { uses.append(use) } }
    }

    private func collect(_ node: DeviceNode, _ collector: inout Collector) {
        // Also the bound of the recursion: a device is visited once.
        guard collector.visited.insert(node.name).inserted else { return }
        for point in mountPoints[node.number] ?? [] { collector.add(.mounted(device: node.name, at: point)) }
        if swaps.contains(node.path.string) || swaps.contains("/dev/mapper/" + (node.attribute("dm/name") ?? "")) {
            collector.add(.swap(device: node.name))
        }
        for name in node.holderNames {
            guard let holder = tree.node(named: name) else { continue }
            collector.add(.held(device: node.name, by: holder.title))
            collectWithPartitions(holder, &collector)
        }
    }

    private func collectWithPartitions(_ node: DeviceNode, _ collector: inout Collector) {
        collect(node, &collector)
        for name in node.partitionNames { tree.node(named: name).map { collect($0, &collector) } }
    }

    /// Another loop device over the same bytes, once somebody uses it, changes them beneath this one.
    private func collectTwins(of node: DeviceNode, _ backing: LoopBacking, _ collector: inout Collector) {
        for twin in tree.loops(over: backing.file) where twin.node != node && twin.backing.range.overlaps(backing.range)
        {
            collectWithPartitions(twin.node, &collector)
        }
    }
}

extension DeviceTree {
    /// The devices that a mounted filesystem lies on; none for one that has no device here.
    func devices(of mount: Mount) -> [DeviceNumber] {
        var numbers = mount.device.major == 0 ? [] : [mount.device]
        // btrfs shows a made-up device; its source is one of its devices.
        if numbers.isEmpty, mount.source.hasPrefix("/dev/"), let status = try? FileStatus(of: FilePath(mount.source)),
            status.kind == .blockDevice
        {
            numbers = [status.device]
        }
        guard mount.filesystemType == "btrfs" else { return numbers }
        return numbers.compactMap { node($0) }.flatMap { btrfsMembers(with: $0.name) }.compactMap {
            node(named: $0)?.number
        }
    }
}
