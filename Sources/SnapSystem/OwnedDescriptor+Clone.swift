internal import CLinux
internal import Glibc
package import SnapModel
internal import SystemPackage

/// Files that share their bytes until one of them is written to.
extension OwnedDescriptor {
    /// FICLONERANGE: the bytes of `extent` in this file become those of `source`, all at one instant. What `source` has
    /// in the page cache is written first. Both numbers are multiples of the filesystem's block, but for an end that is
    /// the end of `source`.
    ///
    /// Fails with EOPNOTSUPP where the filesystem cannot, EXDEV across filesystems, EINVAL for files of unequal kinds.
    package borrowing func clone(_ extent: ByteExtent, of source: borrowing OwnedDescriptor) throws(SystemError) {
        let (descriptor, other) = (rawValue, source.rawValue)
        _ = try systemCall("clone into", path) {
            clinux_clone_range(descriptor, other, UInt64(extent.offset), UInt64(extent.byteCount))
        }
    }

    /// FS_NOCOW_FL (chattr +C), which a btrfs asks to be equal in both files of a clone. False where there are no flags.
    package borrowing func isWrittenInPlace() -> Bool { (try? fileFlags()).map(Self.hasNoCopyOnWrite) ?? false }

    /// Sets FS_NOCOW_FL: of an empty file.
    package borrowing func writeInPlace() throws(SystemError) {
        let descriptor = rawValue
        let flags = try fileFlags() | CLINUX_NO_COPY_ON_WRITE
        _ = try systemCall("set the flags of", path) { clinux_set_file_flags(descriptor, flags) }
    }

    private static func hasNoCopyOnWrite(_ flags: CInt) -> Bool { flags & CLINUX_NO_COPY_ON_WRITE != 0 }

    /// FS_IOC_GETFLAGS
    private borrowing func fileFlags() throws(SystemError) -> CInt {
        let descriptor = rawValue
        var flags: CInt = 0
        _ = try systemCall("ask the flags of", path) { clinux_file_flags(descriptor, &flags) }
        return flags
    }

    /// sync_file_range(2): what the page cache has of a file or device is written to what lies beneath, though perhaps
    /// not yet to the medium: that takes a flush, which `synchronise` waits for and this does not.
    package borrowing func writeBack() throws(SystemError) {
        let descriptor = rawValue
        _ = try systemCall("write back", path) { clinux_write_back(descriptor) }
    }

    /// fchmod(2)
    package borrowing func setPermissions(_ permissions: UInt32) throws(SystemError) {
        let descriptor = rawValue
        _ = try systemCall("change the permissions of", path) { fchmod(descriptor, permissions) }
    }

    /// fstatvfs(3): what its filesystem has left for whoever is not root.
    package borrowing func availableByteCount() throws(SystemError) -> Int {
        let descriptor = rawValue
        var status = statvfs()
        _ = try systemCall("look at the filesystem of", path) { fstatvfs(descriptor, &status) }
        return Int(status.f_bavail) * Int(status.f_frsize)
    }
}
