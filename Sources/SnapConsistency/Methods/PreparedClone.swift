internal import SnapDevice
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// An image file, opened, and the empty file that is about to become its clone.
final class PreparedClone: Sendable {
    let clone: CloneFile
    /// Of the clone.
    let facts: VolumeFacts
    let source: OwnedDescriptor
    let image: ImageFile
    private let path: FilePath
    private let devices: [OpenedDevice]

    /// `devices`: those with a page cache of the image's bytes.
    init(
        _ image: ImageFile, at path: FilePath, in directory: FilePath, devices: [FilePath]
    ) throws(ConsistencyError) {
        let source = try ConsistencyError.wrapping { () throws(SystemError) in
            let source = try OwnedDescriptor(opening: path, .readOnly, options: .nonBlocking)
            let status = try source.status()
            guard FileNumber(status) == image.file else {
                throw SystemError("find", path.string, .noSuchFileOrDirectory)
            }
            return source
        }
        self.image = image
        self.path = path
        self.devices = devices.compactMap { try? OpenedDevice($0) }
        let clone = try ConsistencyError.wrapping { () throws(SystemError) in
            try CloneFile.make(for: path, in: directory)
        }
        do throws(ConsistencyError) {
            try ConsistencyError.wrapping { () throws(SystemError) in try clone.takeKind(of: source) }
            facts = try ConsistencyError.wrapping { () throws(DeviceError) in try VolumeFacts.inspect(clone.path) }
        } catch {
            clone.remove()
            throw error
        }
        self.source = source
        self.clone = clone
    }

    /// Whatever is written to the image while the clone exists takes new room. Where there is none, it is the volume's
    /// users whose writes fail.
    func checkRoom() throws(ConsistencyError) {
        let (available, allocated) = try ConsistencyError.wrapping { () throws(SystemError) in
            (try clone.availableByteCount(), try source.status().allocatedByteCount)
        }
        let needed = min(Self.roomByteCount, allocated)
        guard available < needed else { return }
        throw ConsistencyError(
            .noReserve,
            "\(clone.path.removingLastComponent()) has \(available >> 20) MiB left, too little for what is written to "
                + "\(path) while its clone is read; free \((needed >> 20) + 1) MiB")
    }

    /// Has all that is dirty written: as long as it takes.
    func flush() throws(SystemError) {
        for device in devices { try device.descriptor.writeBack() }
        try source.synchroniseContents()
    }

    /// While the filesystems are frozen.
    func fill() throws(SystemError) {
        // What was written to a device itself waits in the device's own page cache, which the file's knows nothing of.
        for device in devices { try device.descriptor.writeBack() }
        try clone.fill(from: source, image.window)
    }

    /// Less than this, or than the image itself, is no room.
    private static let roomByteCount = 64 << 20
}

/// A device that is open to be flushed.
final class OpenedDevice: Sendable {
    let descriptor: OwnedDescriptor

    init(_ path: FilePath) throws(SystemError) {
        descriptor = try OwnedDescriptor(opening: path, .readOnly, options: .nonBlocking)
    }
}
