package import SnapModel
package import SnapSystem

/// Bytes of a disk that are bytes of a volume.
package struct TrackedExtent: Hashable, Sendable {
    /// The whole disk, which the kernel carries requests out for: never a partition.
    package var disk: DeviceNumber
    /// That which transfers are asked of, and by which the kernel counts them: the disk, or its partition.
    package var device: DeviceNumber
    /// Where `device` lies on the disk; nil: it is the disk.
    package var deviceOnDisk: ByteExtent?
    /// Whether the disk's driver makes one request of discards of several places, and tells of the first place only.
    package var mergesDiscards: Bool
    /// Multiples of 512.
    package var onDisk: ByteExtent
    /// Where they begin in the volume. A multiple of 512.
    package var volumeOffset: Int

    /// `device`: the disk where nothing is said.
    package init(
        disk: DeviceNumber, device: DeviceNumber? = nil, deviceOnDisk: ByteExtent? = nil, mergesDiscards: Bool = false,
        onDisk: ByteExtent, volumeOffset: Int = 0
    ) {
        precondition(
            onDisk.offset % 512 == 0 && onDisk.byteCount % 512 == 0 && volumeOffset % 512 == 0,
            "\(onDisk) of a disk, at \(volumeOffset)")
        self.disk = disk
        self.device = device ?? disk
        self.deviceOnDisk = deviceOnDisk
        self.mergesDiscards = mergesDiscards
        self.onDisk = onDisk
        self.volumeOffset = volumeOffset
    }
}
