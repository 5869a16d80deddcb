internal import CLinux
internal import Glibc
internal import SystemPackage

/// Which bytes of which file a loop device shows.
package struct LoopStatus: Hashable, Sendable {
    /// The filesystem of the file, as stat(2) of it tells.
    package let filesystem: DeviceNumber
    package let inode: UInt64
    package let offset: Int
    /// 0: to the end of the file.
    package let sizeLimit: Int
}

extension OwnedDescriptor {
    /// BLKGETSIZE64
    package borrowing func blockDeviceByteCount() throws(SystemError) -> Int {
        let descriptor = rawValue
        var byteCount: UInt64 = 0
        _ = try systemCall("measure", path) { clinux_block_device_byte_count(descriptor, &byteCount) }
        return Int(byteCount)
    }

    /// BLKSSZGET
    package borrowing func logicalSectorByteCount() throws(SystemError) -> Int {
        let descriptor = rawValue
        var byteCount: CInt = 0
        _ = try systemCall("ask the sector size of", path) {
            clinux_logical_sector_byte_count(descriptor, &byteCount)
        }
        return Int(byteCount)
    }

    /// BLKROGET
    package borrowing func isReadOnlyDevice() throws(SystemError) -> Bool {
        let descriptor = rawValue
        var isReadOnly: CInt = 0
        _ = try systemCall("ask whether it is read-only", path) { clinux_is_read_only(descriptor, &isReadOnly) }
        return isReadOnly != 0
    }

    /// BLKZEROOUT: afterwards the bytes read as zeros. Both numbers are multiples of the logical sector.
    package borrowing func zeroOut(offset: Int, byteCount: Int) throws(SystemError) {
        let descriptor = rawValue
        _ = try systemCall("zero", path) { clinux_zero_out(descriptor, UInt64(offset), UInt64(byteCount)) }
    }

    /// LOOP_GET_STATUS64; fails with ENXIO on a loop device without a file.
    package borrowing func loopStatus() throws(SystemError) -> LoopStatus {
        let descriptor = rawValue
        var loop = clinux_loop()
        _ = try systemCall("ask the file of", path) { clinux_loop_status(descriptor, &loop) }
        return LoopStatus(
            filesystem: DeviceNumber(encoded: loop.device), inode: loop.inode, offset: Int(loop.offset),
            sizeLimit: Int(loop.size_limit))
    }

    /// Ends what the open file stands for (claim, lease), but keeps its number: a thread that still reads from it meets
    /// the end of /dev/null instead of whatever file is opened next; one that still writes fails (EBADF). dup3(2).
    package borrowing func letGo() {
        guard let nothing = try? OwnedDescriptor(opening: "/dev/null", .readOnly) else { return }
        let (descriptor, replacement) = (rawValue, nothing.rawValue)
        _ = try? systemCall("let go of", path) { clinux_dup3(replacement, descriptor, O_CLOEXEC) }
    }
}
