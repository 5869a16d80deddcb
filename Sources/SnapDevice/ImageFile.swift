package import SnapModel
package import SystemPackage

/// The file whose bytes, or some of them, a volume is.
package struct ImageFile: Hashable, Sendable {
    /// nil where its name is gone, or does not lead to it from here.
    package let path: FilePath?
    package let file: FileNumber
    /// The bytes of it that are the volume.
    package let window: ByteExtent

    /// Of an image file, of a loop device, and of a partition of a loop device. nil: the volume is no such.
    package static func of(_ facts: VolumeFacts) -> ImageFile? {
        if let file = facts.file {
            let whole = ByteExtent(offset: 0, byteCount: facts.byteCount)
            return ImageFile(path: facts.path, file: file, window: whole)
        }
        let tree = DeviceTree()
        guard let node = (facts.partition?.disk ?? facts.device).flatMap({ tree.node($0) }),
            let backing = tree.loopBacking(of: node)
        else { return nil }
        let offset = backing.offset + (facts.partition?.startByte ?? 0)
        return ImageFile(
            path: backing.path, file: backing.file,
            window: ByteExtent(offset: offset, byteCount: facts.byteCount))
    }
}
