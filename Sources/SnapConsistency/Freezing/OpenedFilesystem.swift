internal import SnapDevice
internal import SnapSystem
internal import SystemPackage

/// A filesystem that is to be frozen, opened by its mount point beforehand: freezing and thawing it look up no name.
final class OpenedFilesystem: Sendable {
    let mountPoint: FilePath
    let filesystemType: String
    /// The same for all mounts of it.
    let number: DeviceNumber
    private let folder: OwnedDescriptor

    /// Opens the folder `path`, on which a filesystem must be mounted; any other folder would freeze what it lies on.
    init(_ path: FilePath) throws(ConsistencyError) {
        do throws(SystemError) {
            folder = try OwnedDescriptor(opening: path, .readOnly, options: [.directory, .nonBlocking])
            mountPoint = try File.resolve(path)
        } catch {
            throw ConsistencyError(.freezeFailed, "cannot freeze what is mounted at \(path): \(error)")
        }
        guard let place = MountedPlace(of: folder), place.mountPoint == mountPoint else {
            throw ConsistencyError(.freezeFailed, "no filesystem is mounted at \(path) any more")
        }
        number = place.filesystem
        filesystemType = place.filesystemType
    }

    /// All of `targets`, in their order; a filesystem that is mounted twice is there once.
    static func open(_ targets: [FreezeTarget]) throws(ConsistencyError) -> [OpenedFilesystem] {
        var opened: [OpenedFilesystem] = []
        for target in targets {
            let filesystem = try OpenedFilesystem(target.mountPoint)
            guard filesystem.filesystemType == target.filesystemType else {
                throw ConsistencyError(
                    .freezeFailed,
                    "\(target.mountPoint) holds another filesystem than a moment ago: "
                        + "\(filesystem.filesystemType), not \(target.filesystemType)")
            }
            if !opened.contains(where: { $0.number == filesystem.number }) { opened.append(filesystem) }
        }
        return opened
    }

    /// syncfs(2)
    func synchronise() throws(ConsistencyError) {
        do throws(SystemError) {
            try folder.synchroniseFilesystem()
        } catch {
            throw ConsistencyError(
                .freezeFailed, "what was written to \(mountPoint) does not reach its medium: \(error.code)")
        }
    }

    /// FIFREEZE; throws `alreadyFrozen`, `freezeFailed`, `permissionDenied`.
    func freeze() throws(ConsistencyError) {
        do throws(SystemError) {
            try folder.freezeFilesystem()
        } catch {
            throw refusal(error)
        }
    }

    enum ThawOutcome {
        case thawed
        /// It was not frozen, or not any more.
        case wasNotFrozen
        case failed(SystemError)
    }

    /// FITHAW
    func thaw() -> ThawOutcome {
        do throws(SystemError) {
            try folder.thawFilesystem()
            return .thawed
        } catch {
            return error.code == .invalidArgument ? .wasNotFrozen : .failed(error)
        }
    }

    /// For a handler of signals, which may do no more than a system call.
    var descriptorNumber: CInt { folder.rawValue }

    private func refusal(_ error: SystemError) -> ConsistencyError {
        switch error.code {
        case .resourceBusy:
            ConsistencyError(
                .alreadyFrozen,
                "the filesystem at \(mountPoint) is frozen already, by somebody else; "
                    + "wait until it is thawed, or thaw it (fsfreeze -u \(mountPoint))")
        case .notSupportedOnSocket, .notSupported, .inappropriateIOCTLForDevice:
            ConsistencyError(
                .freezeFailed, "a filesystem of type \(filesystemType) cannot be frozen (\(mountPoint))")
        case .notPermitted, .permissionDenied:
            ConsistencyError(.permissionDenied, "only root may freeze the filesystem at \(mountPoint)")
        default: ConsistencyError(.freezeFailed, "cannot freeze the filesystem at \(mountPoint): \(error.code)")
        }
    }
}
