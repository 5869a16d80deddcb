internal import CLinux
internal import SystemPackage

/// Where in a buffer the kernel has put the table of a device of device-mapper.
package struct MapperTablePlace: Hashable, Sendable {
    package let start: Int
    package let targetCount: Int
}

extension OwnedDescriptor {
    /// DM_TABLE_STATUS on /dev/mapper/control: the table that `device` has now, as the structures of <linux/dm-ioctl.h>.
    /// It may hold a key: `wipe` the buffer. nil: the buffer is too small.
    package borrowing func readMapperTable(
        of device: DeviceNumber, into buffer: borrowing AlignedBuffer
    ) throws(SystemError) -> MapperTablePlace? {
        let (descriptor, number) = (rawValue, clinux_device(device.major, device.minor))
        let memory = buffer.pointers(0..<buffer.byteCount)
        var table = clinux_dm_table()
        _ = try systemCall("ask the table of \(device) at", path) {
            clinux_dm_table(descriptor, number, memory.baseAddress, UInt32(memory.count), &table)
        }
        return table.is_too_long ? nil : MapperTablePlace(start: Int(table.start), targetCount: Int(table.target_count))
    }
}

extension AlignedBuffer {
    /// Zeros, which no compiler leaves out. explicit_bzero(3).
    package borrowing func wipe() { clinux_wipe(pointers(0..<byteCount).baseAddress, byteCount) }
}
