internal import CLinux
internal import SystemPackage

/// The filesystem that holds an open file (fsfreeze(8)). Freezing and thawing need CAP_SYS_ADMIN.
extension OwnedDescriptor {
    /// FIFREEZE: brings the filesystem to rest, and makes all who write to it wait. EBUSY: it is frozen already, by whomever;
    /// EOPNOTSUPP: it cannot be frozen. It waits for writes that are under way, and nothing interrupts it meanwhile.
    package borrowing func freezeFilesystem() throws(SystemError) {
        let descriptor = rawValue
        _ = try systemCall("freeze", path) { clinux_freeze_filesystem(descriptor) }
    }

    /// FITHAW. EINVAL: it is not frozen.
    package borrowing func thawFilesystem() throws(SystemError) {
        let descriptor = rawValue
        _ = try systemCall("thaw", path) { clinux_thaw_filesystem(descriptor) }
    }

    /// syncfs(2): all that was written to the filesystem is on the medium.
    package borrowing func synchroniseFilesystem() throws(SystemError) {
        let descriptor = rawValue
        _ = try systemCall("synchronise the filesystem of", path) { clinux_synchronise_filesystem(descriptor) }
    }
}
