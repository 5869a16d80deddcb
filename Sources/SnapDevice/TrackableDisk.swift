package import SnapModel
package import SnapSystem
internal import SystemPackage

/// The disk whose requests carry all writes to a volume: where somebody could watch for them.
package struct TrackableDisk: Hashable, Sendable {
    /// A whole disk, never a partition.
    package let number: DeviceNumber
    /// Where the volume lies on it.
    package let extent: ByteExtent

    package enum Finding: Hashable, Sendable {
        case found(TrackableDisk)
        /// Why not: the rest of a sentence.
        case impossible(String)
    }

    /// Looks at the disk of a volume. Only where each write goes through the kernel's own queue of requests to the disk, and tells
    /// there what it wrote, it is found.
    package static func find(of facts: VolumeFacts) -> Finding {
        let tree = DeviceTree()
        guard let device = facts.device, let node = tree.node(facts.partition?.disk ?? device) else {
            return .impossible("it is no device")
        }
        if let obstacle = obstacle(of: node) ?? otherWays(to: facts, node, tree) { return .impossible(obstacle) }
        let extent = ByteExtent(offset: facts.partition?.startByte ?? 0, byteCount: facts.byteCount)
        return .found(TrackableDisk(number: node.number, extent: extent))
    }

    private static func obstacle(of disk: DeviceNode) -> String? {
        if disk.attribute("dm/name") != nil { return "\(disk.title) is made of other devices by device-mapper" }
        if disk.attribute("md/level") != nil { return "\(disk.name) is a RAID, which has no requests of its own" }
        guard File.exists(disk.directory.appending("mq")) else {
            return "the driver of \(disk.name) has no queue of requests (RAM disks, bcache, DRBD, NVMe with several paths)"
        }
        if let zones = disk.attribute("queue/zoned"), zones != "none" { return "\(disk.name) has zones" }
        if disk.number("queue/dax") == 1 { return "\(disk.name) may be written to as memory (DAX)" }
        // What was merged is told of the first part of it alone.
        if (disk.number("queue/max_discard_segments") ?? 1) > 1, disk.number("queue/discard_max_bytes") ?? 0 > 0 {
            return "\(disk.name) merges discards of several places into one request"
        }
        return nil
    }

    /// Writes that do not pass the disk that was looked at.
    private static func otherWays(to facts: VolumeFacts, _ disk: DeviceNode, _ tree: DeviceTree) -> String? {
        if let name = facts.deviceName, tree.btrfsMembers(with: name).count > 1 {
            return "its btrfs lies on several devices"
        }
        let loops = tree.loopBacking(of: disk).map { tree.loops(over: $0.file) } ?? []
        return loops.count > 1 ? "several loop devices show its image file" : nil
    }
}
