internal import CLinux
internal import SystemPackage

extension OwnedDescriptor {
    /// fstatfs(2), `f_type`: the magic number of the filesystem that holds the file (linux/magic.h).
    package borrowing func filesystemMagic() throws(SystemError) -> UInt64 {
        let descriptor = rawValue
        var magic: UInt64 = 0
        var identity: UInt64 = 0
        _ = try systemCall("look at the filesystem of", path) {
            clinux_filesystem(descriptor, &magic, &identity)
        }
        return magic
    }
}
