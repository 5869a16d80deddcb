internal import CLinux
internal import Glibc
package import SystemPackage

/// A file descriptor with one owner: `init` opens it, `close()` or `deinit` closes it.
///
/// All offsets and counts are bytes. Reads and writes are positional, so that threads may share a borrowed descriptor.
package struct OwnedDescriptor: ~Copyable, Sendable {
    private let number: DescriptorNumber
    /// What was opened: the subject of errors.
    package let path: FilePath

    package var rawValue: CInt { number.value }

    package struct Options: OptionSet, Sendable {
        package let rawValue: CInt
        package init(rawValue: CInt) { self.rawValue = rawValue }

        /// O_CREAT
        package static let create = Options(rawValue: O_CREAT)
        /// O_EXCL: with `create`, the file must not exist; on a block device, nobody else may have claimed it.
        package static let exclusive = Options(rawValue: O_EXCL)
        /// O_TRUNC
        package static let truncate = Options(rawValue: O_TRUNC)
        /// O_APPEND: every write goes to the end, also when several processes write.
        package static let append = Options(rawValue: O_APPEND)
        /// O_DIRECT: past the page cache. Memory, offsets and counts must be aligned.
        package static let direct = Options(rawValue: CLINUX_O_DIRECT)
        /// O_DIRECTORY
        package static let directory = Options(rawValue: O_DIRECTORY)
        /// O_NONBLOCK: do not wait for the other end of a pipe that is opened by mistake.
        package static let nonBlocking = Options(rawValue: O_NONBLOCK)
        /// O_PATH: the place alone, neither read nor written. Closing any other descriptor of a file gives up all the
        /// locks of this process on it (fcntl(2), F_SETLK), those of SQLite among them.
        package static let pathOnly = Options(rawValue: CLINUX_O_PATH)
        /// O_NOFOLLOW
        package static let noFollow = Options(rawValue: O_NOFOLLOW)
    }

    package enum Access: Sendable {
        case readOnly, writeOnly, readWrite

        var flag: CInt {
            switch self {
            case .readOnly: O_RDONLY
            case .writeOnly: O_WRONLY
            case .readWrite: O_RDWR
            }
        }
    }

    /// open(2), with O_CLOEXEC.
    package init(
        opening path: FilePath, _ access: Access, options: Options = [], permissions: UInt32 = 0o644
    ) throws(SystemError) {
        let flags = access.flag | options.rawValue | O_CLOEXEC
        number = DescriptorNumber(
            value: try systemCall("open", path) { path.withPlatformString { clinux_open($0, flags, permissions) } })
        self.path = path
    }

    /// Takes over a descriptor that nobody else closes; `path` is the subject of errors.
    package init(adopting number: CInt, path: FilePath) {
        self.number = DescriptorNumber(value: number)
        self.path = path
    }

    /// close(2), for writers: a write that failed late is told here.
    package consuming func close() throws(SystemError) {
        let subject = path.string
        let code = number.close()
        // Not retried on EINTR: on Linux the descriptor is closed already (close(2)).
        if code != 0, code != EINTR { throw SystemError("close", subject, Errno(rawValue: code)) }
    }
}

extension OwnedDescriptor {
    /// Opens with O_DIRECT when `direct`, and without where the filesystem refuses that (EINVAL).
    package init(
        openingPossiblyDirect path: FilePath, _ access: Access, direct: Bool, options: Options = [],
        permissions: UInt32 = 0o644
    ) throws(SystemError) {
        if direct {
            do throws(SystemError) {
                try self.init(opening: path, access, options: options.union(.direct), permissions: permissions)
                return
            } catch {
                guard error.code == .invalidArgument else { throw error }
            }
        }
        try self.init(opening: path, access, options: options, permissions: permissions)
    }
}

/// The number alone: a type that can be discarded may hold nothing but trivial values. `package` and not private,
/// because the optimiser otherwise refers to it from other modules without exporting it.
package struct DescriptorNumber: ~Copyable, Sendable {
    let value: CInt

    deinit { _ = Glibc.close(value) }

    /// Returns errno, or 0.
    consuming func close() -> CInt {
        let value = value
        discard self
        return Glibc.close(value) == 0 ? 0 : errno
    }
}
