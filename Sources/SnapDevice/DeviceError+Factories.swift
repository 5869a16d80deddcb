internal import Glibc
package import SnapModel
internal import SnapSystem
package import SystemPackage

extension DeviceError {
    /// What an open(2) or stat(2) that failed means to a person.
    static func opening(_ path: FilePath, _ cause: SystemError, writing: Bool = false) -> DeviceError {
        switch cause.code {
        case .noSuchFileOrDirectory, .notDirectory:
            DeviceError(.noSuchPath, path, "does not exist; check the path (lsblk lists block devices)", cause: cause)
        case .permissionDenied, .notPermitted: permissionDenied(path, cause, writing: writing)
        case .isDirectory: isDirectory(path)
        case .readOnlyFileSystem: readOnly(path, cause)
        case .noSuchAddressOrDevice, .operationNotSupportedByDevice, Errno(rawValue: noMedium):
            DeviceError(.notAVolume, path, "has no device or no medium behind it; connect it first", cause: cause)
        default: failed(path, cause)
        }
    }

    static func permissionDenied(_ path: FilePath, _ cause: SystemError, writing: Bool) -> DeviceError {
        let verb = writing ? "written" : "read"
        let capability = writing ? "CAP_DAC_OVERRIDE" : "CAP_DAC_READ_SEARCH"
        let remedy =
            switch (geteuid() == 0, (try? FileStatus(of: path))?.kind) {
            case (true, _): "this process is root, so a container or security policy denies it; allow the device there"
            case (false, .blockDevice): "become root, a member of its group (usually `disk`), or get \(capability)"
            case (false, _): "become root or its owner, or get \(capability)"
            }
        return DeviceError(
            .permissionDenied, path, "cannot be \(verb): permission is missing; \(remedy)", cause: cause)
    }

    static func isDirectory(_ path: FilePath) -> DeviceError {
        DeviceError(
            .isDirectory, path, "is a directory; name a block device or an image file (findmnt -T shows its device)")
    }

    static func readOnly(_ path: FilePath, _ cause: SystemError? = nil) -> DeviceError {
        DeviceError(.readOnly, path, "is read-only; make it writable, or choose another target", cause: cause)
    }

    /// `users` is how the uses read: "mounted at /srv".
    static func inUse(_ path: FilePath, by users: String, writing: Bool, _ cause: SystemError? = nil) -> DeviceError {
        let remedy =
            writing
            ? "end that first: a restore needs its target for itself"
            : "end that first, or read it live, not from one point in time, with --consistency none"
        return DeviceError(.inUse, path, "is in use: \(users); \(remedy)", cause: cause)
    }

    /// The kernel answered EBUSY, though no use could be seen, or one that came since.
    static func claimed(_ facts: VolumeFacts, writing: Bool, _ cause: SystemError) -> DeviceError {
        let uses = (try? VolumeFacts.inspect(facts.path))?.uses ?? []
        let processes = facts.relatives().flatMap { OpenFiles.users(of: $0, writing: false) }
        let users =
            if !uses.isEmpty {
                VolumeUse.phrase(uses, on: facts.deviceName)
            } else if !processes.isEmpty {
                "open by " + processes.joined(separator: ", ")
            } else {
                "claimed by a process that cannot be seen from here, perhaps mounted in a container"
            }
        return inUse(facts.path, by: users, writing: writing, cause)
    }

    /// The kernel refused a lease.
    static func openForWriting(_ path: FilePath, writing: Bool) -> DeviceError {
        let processes = OpenFiles.users(of: path, writing: true)
        let users = processes.isEmpty ? "another process" : processes.joined(separator: ", ")
        return inUse(path, by: "open for writing by \(users)", writing: writing)
    }

    static func shrank(_ path: FilePath, from byteCount: Int, to newByteCount: Int) -> DeviceError {
        DeviceError(
            .shrank, path,
            "shrank from \(byteCount) to \(newByteCount) bytes while it was read; start again when it is at rest")
    }

    static func changed(_ path: FilePath, _ what: String) -> DeviceError {
        DeviceError(
            .changedWhileRead, path,
            "changed while it was read (\(what)), so the image is not from one point in time; start again when it is at rest"
        )
    }

    /// `isComplete`: the search for damage was not cut short.
    static func unreadable(
        _ path: FilePath, _ extents: [ByteExtent], isComplete: Bool, _ cause: SystemError?
    ) -> DeviceError {
        let shown = extents.prefix(shownCount).map(\.description).joined(separator: ", ")
        let more = extents.count > shownCount ? " and \(extents.count - shownCount) more ranges" : ""
        let rest = isComplete ? "" : ", and perhaps beyond"
        let reason = cause.map { " (\($0.code.description))" } ?? ""
        return DeviceError(
            .readFailed, path,
            "cannot be read at \(shown)\(more)\(rest)\(reason); its medium fails: check the disk and the kernel log",
            cause: cause, unreadable: extents)
    }

    static func writing(_ path: FilePath, _ cause: SystemError) -> DeviceError {
        switch cause.code {
        case .noSpace, .diskQuotaExceeded:
            DeviceError(.noSpace, path, "has no space left; free some and start again", cause: cause)
        case .readOnlyFileSystem: readOnly(path, cause)
        case .permissionDenied, .notPermitted: permissionDenied(path, cause, writing: true)
        default:
            DeviceError(
                .writeFailed, path,
                "cannot be written (\(cause.code.description)); check the medium and the kernel log",
                cause: cause)
        }
    }

    static func failed(_ path: FilePath, _ cause: SystemError) -> DeviceError {
        DeviceError(.systemFailure, path, "cannot be used: \(cause.description)", cause: cause)
    }

    static func hasSignature(_ path: FilePath, _ signature: Signature) -> DeviceError {
        DeviceError(
            .hasSignature, path, "already holds something (\(signature)); overwrite it with --force if nobody needs it")
    }

    /// For the engine, which knows what a snapshot's source is.
    package static func isSource(_ path: FilePath, of snapshot: SnapshotID) -> DeviceError {
        DeviceError(
            .isSource, path,
            "is the volume that \(snapshot) was taken of; --force restores over it, or choose another target")
    }

    /// The volume lies beneath `stored`, a part of the store.
    package static func carriesStore(_ path: FilePath, stored: FilePath) -> DeviceError {
        DeviceError(
            .carriesStore, path,
            "carries \(stored.string), which snapctl itself uses meanwhile; choose another volume, or keep the store on another disk"
        )
    }
}

/// ENOMEDIUM, which swift-system has no name for.
private let noMedium: CInt = 123

/// A message names this many of a list.
private let shownCount = 3
