internal import CLinux
internal import Glibc
package import SystemPackage

/// A device number.
package struct DeviceNumber: Hashable, Sendable, CustomStringConvertible {
    package let major: UInt32
    package let minor: UInt32

    package init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    init(encoded: UInt64) { self.init(major: clinux_major(encoded), minor: clinux_minor(encoded)) }

    /// Parses `8:17`.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
        self.init(major: major, minor: minor)
    }

    /// As sysfs writes it: `8:17`.
    package var description: String { "\(major):\(minor)" }
}

/// What stat(2) tells.
package struct FileStatus: Hashable, Sendable {
    package enum Kind: Sendable { case regularFile, directory, blockDevice, characterDevice, symbolicLink, other }

    package let kind: Kind
    package let byteCount: Int
    /// Bytes that are really allocated.
    package let allocatedByteCount: Int
    /// The filesystem that holds it.
    package let filesystem: DeviceNumber
    /// Of a device node: the device it stands for.
    package let device: DeviceNumber
    package let inode: UInt64
    package let permissions: UInt32
    package let owner: UInt32
    package let group: UInt32
    /// When the contents last changed, and when anything did, in nanoseconds since the epoch.
    package let contentsChanged: Int64
    package let statusChanged: Int64

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regularFile
            case S_IFDIR: .directory
            case S_IFBLK: .blockDevice
            case S_IFCHR: .characterDevice
            case S_IFLNK: .symbolicLink
            default: .other
            }
        byteCount = Int(status.st_size)
        allocatedByteCount = Int(status.st_blocks) * 512
        filesystem = DeviceNumber(encoded: UInt64(status.st_dev))
        device = DeviceNumber(encoded: UInt64(status.st_rdev))
        inode = UInt64(status.st_ino)
        permissions = status.st_mode & 0o7777
        owner = status.st_uid
        group = status.st_gid
        contentsChanged = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        statusChanged = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }

    /// stat(2): follows symbolic links.
    package init(of path: FilePath) throws(SystemError) {
        var status = stat()
        _ = try systemCall("look at", path) { path.withPlatformString { stat($0, &status) } }
        self.init(status)
    }

    /// lstat(2): of a symbolic link itself.
    package init(ofLink path: FilePath) throws(SystemError) {
        var status = stat()
        _ = try systemCall("look at", path) { path.withPlatformString { lstat($0, &status) } }
        self.init(status)
    }
}

extension OwnedDescriptor {
    /// fstat(2)
    package borrowing func status() throws(SystemError) -> FileStatus {
        let descriptor = rawValue
        var status = stat()
        _ = try systemCall("look at", path) { fstat(descriptor, &status) }
        return FileStatus(status)
    }
}
