internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// Climbs from a volume to all that lies upon it: partitions, holders, filesystems, loop devices over files in those.
struct UserWalk {
    private let tree: DeviceTree
    private let table: MountTable
    private let swaps: [SwapArea]
    private let mounts: [DeviceNumber: [Mount]]
    /// By the filesystem that holds their files, as the table of mounts numbers it.
    private let loops: [DeviceNumber: [DeviceNode]]

    private(set) var users = VolumeUsers()
    private var visited: Set<String> = []
    /// By the number that the table of mounts has for it.
    private var filesystems: [DeviceNumber: VolumeFilesystem] = [:]
    /// Devices without a use that could be seen.
    private var idle: [DeviceNode] = []
    /// Devices over files in filesystems of the volume.
    private var upper: [FilePath] = []

    init(tree: DeviceTree = DeviceTree(), table: MountTable = .current(), swaps: [SwapArea] = SwapArea.current()) {
        self.tree = tree
        self.table = table
        self.swaps = swaps
        var mounts: [DeviceNumber: [Mount]] = [:]
        for mount in table.mounts {
            for number in tree.devices(of: mount) { mounts[number, default: []].append(mount) }
        }
        self.mounts = mounts
        loops = Dictionary(
            grouping: tree.diskNames().filter { $0.hasPrefix("loop") }.compactMap { tree.node(named: $0) }
        ) { Self.home(of: $0, tree, table) ?? DeviceNumber(major: 0, minor: 0) }
    }

    private static func home(of node: DeviceNode, _ tree: DeviceTree, _ table: MountTable) -> DeviceNumber? {
        guard let backing = tree.loopBacking(of: node) else { return nil }
        return backing.path.flatMap { table.mount(reaching: $0)?.device } ?? backing.file.filesystem
    }

    // MARK: - Where it begins

    mutating func climb(from facts: VolumeFacts) {
        if let node = facts.device.flatMap({ tree.node($0) }) {
            climbWithPartitions(node, 0)
            if let disk = node.diskName.flatMap({ tree.node(named: $0) }) { climb(disk, 0, whole: false) }
            if let backing = tree.loopBacking(of: node) { climbTwins(of: node, backing) }
        } else if let file = facts.file {
            if swaps.contains(where: { $0.path == facts.path.string }) { users.swaps.append(facts.path.string) }
            for loop in tree.loops(over: file) { climb(loop: loop.node, 0) }
        }
        users.filesystems = filesystems.values.sorted(by: Self.isFrozenBefore)
        let image = ImageFile.of(facts)?.path
        let paths = users.devices + upper + [image].compactMap { $0 }
        users.writers = OpenFiles.writers(of: Set(paths.map(\.string)))
        findHiddenClaims()
    }

    /// Another loop device over the same bytes.
    private mutating func climbTwins(of node: DeviceNode, _ backing: LoopBacking) {
        for twin in tree.loops(over: backing.file) where twin.node != node && twin.backing.range.overlaps(backing.range)
        {
            climb(loop: twin.node, 0)
        }
    }

    private mutating func climb(loop node: DeviceNode, _ height: Int, isUpper: Bool = false) {
        if !users.loops.contains(node.path) { users.loops.append(node.path) }
        climbWithPartitions(node, height, isUpper: isUpper)
    }

    // MARK: - The climb

    private mutating func climbWithPartitions(_ node: DeviceNode, _ height: Int, isUpper: Bool = false) {
        let partitions = node.partitionNames.compactMap { tree.node(named: $0) }
        for partition in partitions { climb(partition, height, isUpper: isUpper) }
        // A claim on a partition is also in the way of one on its disk.
        let isDivided = partitions.contains { !idle.contains($0) }
        climb(node, height, isUpper: isUpper, whole: !isDivided)
    }

    /// `whole`: nobody but a user of `node` itself could have claimed it.
    private mutating func climb(_ node: DeviceNode, _ height: Int, isUpper: Bool = false, whole: Bool = true) {
        // Also the bound of the recursion: a device is visited once.
        guard visited.insert(node.name).inserted else { return }
        if isUpper { upper.append(node.path) } else { users.devices.append(node.path) }
        let mounts = mounts[node.number] ?? []
        let holders = node.holderNames.compactMap { tree.node(named: $0) }
        let isSwap = swaps.contains { [node.path.string, node.mapperPath].contains($0.path) }
        if isSwap { users.swaps.append(node.path.string) }
        if mounts.isEmpty, holders.isEmpty, !isSwap, whole { idle.append(node) }
        for mount in mounts { enter(mount, of: node, height) }
        for holder in holders {
            users.holders.append(holder.title)
            climbWithPartitions(holder, height + 1, isUpper: isUpper)
        }
    }

    /// All mounts of one filesystem come to one; what lies in its files is climbed to once.
    private mutating func enter(_ mount: Mount, of node: DeviceNode, _ height: Int) {
        let point = FilePath(mount.mountPoint)
        let isReachable = table.mount(reaching: point)?.id == mount.id
        let known = filesystems[mount.device]
        var filesystem =
            known
            ?? VolumeFilesystem(
                deviceName: node.name, type: mount.filesystemType, mountPoints: [],
                isReadOnly: mount.options.contains("ro"), height: height)
        if !filesystem.mountPoints.contains(point) { filesystem.mountPoints.append(point) }
        if isReachable, point.length < filesystem.reachablePoint?.length ?? .max { filesystem.reachablePoint = point }
        filesystems[mount.device] = filesystem
        guard known == nil else { return }
        for swap in swaps where swap.isFile && table.mount(reaching: FilePath(swap.path))?.device == mount.device {
            users.swaps.append(swap.path)
        }
        for loop in loops[mount.device] ?? [] { climb(loop: loop, height + 1, isUpper: true) }
    }

    // MARK: - Order and claims

    /// Partitions come before their disk, which is claimed with them.
    private mutating func findHiddenClaims() {
        var divided: Set<String> = []
        for node in idle where !divided.contains(node.name) && Self.isClaimed(node.path) {
            users.hiddenClaims.append(node.path)
            node.diskName.map { _ = divided.insert($0) }
        }
    }

    private static func isFrozenBefore(_ left: VolumeFilesystem, _ right: VolumeFilesystem) -> Bool {
        if left.height != right.height { return left.height > right.height }
        let (one, other) = (left.mountPoints.first ?? "/", right.mountPoints.first ?? "/")
        let depths = [left, right].map { ($0.reachablePoint ?? "/").components.count }
        return depths[0] == depths[1] ? one.string < other.string : depths[0] > depths[1]
    }

    /// Whether the kernel refuses a claim, which is given back at once.
    private static func isClaimed(_ path: FilePath) -> Bool {
        do throws(SystemError) {
            _ = try OwnedDescriptor(opening: path, .readOnly, options: [.exclusive, .nonBlocking])
            return false
        } catch {
            return error.code == .resourceBusy
        }
    }
}

extension DeviceNode {
    /// How programs of device-mapper name it.
    fileprivate var mapperPath: String? { attribute("dm/name").map { "/dev/mapper/" + $0 } }
}

extension VolumeUsers {
    /// Looks who uses `facts` now. A device without a user that can be seen is claimed for a moment (O_EXCL), since the
    /// kernel then tells of the others.
    package static func find(of facts: VolumeFacts) -> VolumeUsers {
        var walk = UserWalk()
        walk.climb(from: facts)
        return walk.users
    }
}
