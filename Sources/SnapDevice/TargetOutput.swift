internal import SnapSystem
internal import SystemPackage

/// The descriptors of a restore's target, and how it is finished or given up.
struct TargetOutput: ~Copyable, Sendable {
    /// Of a file: how its temporary becomes the final one.
    struct Temporary: Sendable {
        let path: FilePath
        /// The file that is replaced, whose permissions are kept.
        let replaced: FileStatus?
        let force: Bool
    }

    let finalPath: FilePath
    let kind: VolumeFacts.Kind
    let temporary: Temporary?
    /// Never written to: what zeros are written from.
    let zeros: AlignedBuffer
    /// Holds the claim on a block device.
    let direct: DirectFile
    /// For what is not aligned.
    let buffered: OwnedDescriptor

    /// The commit ladder: contents, then name, then folder.
    borrowing func commit() throws(DeviceError) {
        do throws(SystemError) {
            try buffered.synchronise()
            try direct.descriptor.synchronise()
            guard let temporary else { return }
            if let replaced = temporary.replaced { try buffered.takeOwnership(of: replaced) }
            try rename(temporary)
            try Directory.synchronise(finalPath.removingLastComponent())
        } catch {
            if error.code == .fileExists {
                throw DeviceError(
                    .targetExists, finalPath, "came into being during the restore; move it away and start again")
            }
            throw .writing(finalPath, error)
        }
    }

    borrowing func letGo() {
        direct.descriptor.letGo()
        buffered.letGo()
    }

    borrowing func removeTemporary() {
        if let temporary { try? File.remove(temporary.path) }
    }

    private borrowing func rename(_ temporary: Temporary) throws(SystemError) {
        if temporary.force || temporary.replaced != nil { return try File.rename(temporary.path, to: finalPath) }
        do throws(SystemError) {
            try File.renameWithoutReplacing(temporary.path, to: finalPath)
        } catch {
            guard error.code == .invalidArgument else { throw error }
            try File.rename(temporary.path, to: finalPath)
        }
    }
}
