internal import CLinux
internal import Glibc
internal import SystemPackage

/// What statx(2) and statfs(2) tell beyond stat(2).
package struct ExtendedStatus: Hashable, Sendable {
    /// Nanoseconds since the epoch; nil where the filesystem does not record it.
    package let birthTime: Int64?
    /// The first field of a line of /proc/self/mountinfo.
    package let mountID: UInt64?
    /// What O_DIRECT asks of offsets, in bytes: 0 where it is refused, nil where the kernel does not say.
    package let directOffsetAlignment: Int?
    /// Tells filesystems apart, in hexadecimal.
    package let filesystemIdentity: String
}

/// Whether nobody else writes to a file, as the kernel promised it.
package enum LeaseOutcome: Sendable {
    case taken
    /// Somebody has the file open for writing.
    case refused
    /// The filesystem has no leases, or they are for the owner of the file only.
    case unsupported
}

extension OwnedDescriptor {
    /// statx(2), statfs(2)
    package borrowing func extendedStatus() throws(SystemError) -> ExtendedStatus {
        let descriptor = rawValue
        var status = clinux_statx()
        _ = try systemCall("look at", path) { clinux_statx(descriptor, &status) }
        var (type, identity): (UInt64, UInt64) = (0, 0)
        _ = try systemCall("look at the filesystem of", path) { clinux_filesystem(descriptor, &type, &identity) }
        return ExtendedStatus(
            birthTime: status.has_birth_time
                ? status.birth_seconds * 1_000_000_000 + Int64(status.birth_nanoseconds) : nil,
            mountID: status.has_mount_id ? status.mount_id : nil,
            directOffsetAlignment: status.has_direct_io ? Int(status.direct_offset_alignment) : nil,
            filesystemIdentity: xfsIdentity() ?? String(identity, radix: 16))
    }

    /// The f_fsid of an XFS is its device number, which the next boot may give to another disk.
    private borrowing func xfsIdentity() -> String? {
        let descriptor = rawValue
        var uuid = [UInt8](repeating: 0, count: 16)
        guard (try? systemCall("ask the UUID of", path) { clinux_xfs_uuid(descriptor, &uuid) }) != nil else {
            return nil
        }
        return uuid.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The first byte at or after `offset` that is no hole: lseek(2) with SEEK_DATA. nil when only a hole follows.
    package borrowing func seekData(from offset: Int) throws(SystemError) -> Int? {
        let descriptor = rawValue
        do throws(SystemError) {
            return Int(try systemCall("seek data in", path) { clinux_seek_data(descriptor, Int64(offset)) })
        } catch {
            if error.code == .noSuchAddressOrDevice { return nil }
            throw error
        }
    }

    /// The first byte at or after `offset` that is in a hole, or the end: lseek(2) with SEEK_HOLE.
    package borrowing func seekHole(from offset: Int) throws(SystemError) -> Int {
        let descriptor = rawValue
        return Int(try systemCall("seek a hole in", path) { clinux_seek_hole(descriptor, Int64(offset)) })
    }

    /// F_SETLEASE with F_RDLCK. It ends when all duplicates of the descriptor are closed.
    ///
    /// The kernel announces the end of a lease by SIGIO, which would end this process: it is ignored from here on.
    /// Refused only after some tries: a process that was just forked has all descriptors of its parent until it executes
    /// its program, so that a file closed here may be open for writing there for a moment.
    package borrowing func takeReadLease() throws(SystemError) -> LeaseOutcome {
        signal(SIGIO, SIG_IGN)
        for _ in 1..<leaseTryCount {
            let outcome = try tryReadLease()
            if outcome != .refused { return outcome }
            usleep(leasePauseMicroseconds)
        }
        return try tryReadLease()
    }

    private borrowing func tryReadLease() throws(SystemError) -> LeaseOutcome {
        let descriptor = rawValue
        do throws(SystemError) {
            _ = try systemCall("lease", path) { clinux_take_read_lease(descriptor) }
            return .taken
        } catch {
            switch error.code {
            case .wouldBlock: return .refused
            case .invalidArgument, .permissionDenied, .noLocks, .notSupported, .noFunction: return .unsupported
            default: throw error
            }
        }
    }

    /// F_GETLEASE: false from the moment somebody opens the file for writing or truncates it.
    package borrowing func hasReadLease() -> Bool { clinux_has_read_lease(rawValue) == 1 }

    /// fchmod(2), and fchown(2) where this process may.
    package borrowing func takeOwnership(of status: FileStatus) throws(SystemError) {
        let descriptor = rawValue
        _ = try? systemCall("change the owner of", path) { fchown(descriptor, status.owner, status.group) }
        // After the owner, since a change of owner clears the set-id bits.
        _ = try systemCall("change the permissions of", path) { fchmod(descriptor, status.permissions) }
    }
}

/// Together 50 ms.
private let (leaseTryCount, leasePauseMicroseconds): (Int, UInt32) = (6, 10_000)
