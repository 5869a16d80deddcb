internal import SnapSystem
internal import SystemPackage

/// A file opened past the page cache, where its filesystem can do that.
struct DirectFile: ~Copyable {
    let descriptor: OwnedDescriptor
    /// What offsets, counts and memory must be multiples of, in bytes. 0: O_DIRECT was refused, and this is a plain file.
    let alignment: Int

    /// Opens a regular file.
    static func open(
        file path: FilePath, _ access: OwnedDescriptor.Access, options: OwnedDescriptor.Options = []
    ) throws(SystemError) -> DirectFile {
        do throws(SystemError) {
            let descriptor = try OwnedDescriptor(opening: path, access, options: options.union(.direct))
            let asked = try descriptor.extendedStatus().directOffsetAlignment
            return DirectFile(descriptor: descriptor, alignment: asked == 0 ? 0 : max(asked ?? 0, usualAlignment))
        } catch {
            // open(2): EINVAL where the filesystem has no O_DIRECT.
            guard error.code == .invalidArgument else { throw error }
            return DirectFile(descriptor: try OwnedDescriptor(opening: path, access, options: options), alignment: 0)
        }
    }

    /// Opens a block device. EBUSY when somebody else has claimed what `options` claim.
    static func open(
        device path: FilePath, _ access: OwnedDescriptor.Access, options: OwnedDescriptor.Options = []
    ) throws(SystemError) -> DirectFile {
        let descriptor = try OwnedDescriptor(opening: path, access, options: options.union(.direct))
        let alignment = try descriptor.logicalSectorByteCount()
        return DirectFile(descriptor: descriptor, alignment: alignment)
    }
}

/// Enough for every filesystem whose kernel does not tell.
private let usualAlignment = 4_096
