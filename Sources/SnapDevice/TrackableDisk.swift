package import SnapModel
package import SnapSystem
internal import SystemPackage

/// Bytes of a volume on the disk whose requests carry all writes to them: where somebody could watch for them.
package struct TrackableDisk: Hashable, Sendable {
    /// A whole disk, never a partition.
    package let number: DeviceNumber
    /// That which the bytes are asked of: the disk, or its partition.
    package let device: DeviceNumber
    /// Where `device` lies on the disk; nil: it is the disk.
    package let deviceExtent: ByteExtent?
    /// Whether its driver makes one request of discards of several places (many NVMe disks). The kernel tells of the first
    /// place of such a request only.
    package let mergesDiscards: Bool
    /// Where they are on it.
    package let extent: ByteExtent
    /// Where they are in the volume.
    package let volumeOffset: Int

    init(
        number: DeviceNumber, device: DeviceNumber? = nil, deviceExtent: ByteExtent? = nil,
        mergesDiscards: Bool = false, extent: ByteExtent, volumeOffset: Int
    ) {
        self.deviceExtent = deviceExtent
        (self.number, self.device, self.mergesDiscards) = (number, device ?? number, mergesDiscards)
        (self.extent, self.volumeOffset) = (extent, volumeOffset)
    }

    /// `extent` of `disk`, whose `device` is asked of them.
    static func on(_ disk: DeviceNode, by device: DeviceNode, _ extent: ByteExtent, _ volumeOffset: Int)
        -> TrackableDisk
    {
        let merges =
            disk.number("queue/max_discard_segments") ?? 1 > 1 && disk.number("queue/discard_max_bytes") ?? 0 > 0
        return TrackableDisk(
            number: disk.number, device: device.number,
            deviceExtent: device.startByte.map { ByteExtent(offset: $0, byteCount: device.byteCount) },
            mergesDiscards: merges, extent: extent, volumeOffset: volumeOffset)
    }

    /// Whether both are one piece.
    func isContinued(by next: TrackableDisk) -> Bool {
        number == next.number && device == next.device && extent.end == next.extent.offset
            && volumeOffset + extent.byteCount == next.volumeOffset
    }

    /// Why its writes cannot be watched for: the rest of a sentence. nil where each goes through the kernel's own queue of
    /// requests to the disk, and tells there what it wrote.
    static func obstacle(of disk: DeviceNode, _ tree: DeviceTree) -> String? {
        obstacle(of: disk) ?? otherWays(to: disk, tree)
    }

    private static func obstacle(of disk: DeviceNode) -> String? {
        if disk.attribute("md/level") != nil { return "\(disk.name) is a RAID, which has no requests of its own" }
        guard File.exists(disk.directory.appending("mq")) else {
            return
                "the driver of \(disk.name) has no queue of requests (RAM disks, bcache, DRBD, NVMe with several paths)"
        }
        if disk.number("queue/iostats") == 0 {
            return "the kernel does not count the writes to \(disk.name) (queue/iostats)"
        }
        if let zones = disk.attribute("queue/zoned"), zones != "none" { return "\(disk.name) has zones" }
        if disk.number("queue/dax") == 1 { return "\(disk.name) may be written to as memory (DAX)" }
        return nil
    }

    /// Writes that do not pass the disk.
    private static func otherWays(to disk: DeviceNode, _ tree: DeviceTree) -> String? {
        let loops = tree.loopBacking(of: disk).map { tree.loops(over: $0.file) } ?? []
        return loops.count > 1 ? "several loop devices show its image file" : nil
    }
}
