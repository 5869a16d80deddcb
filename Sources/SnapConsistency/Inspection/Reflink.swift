internal import SnapDevice
internal import SnapModel
internal import SnapSystem
package import SystemPackage

/// Whether an image file can be cloned (FICLONERANGE), and where to.
package enum Reflink: Hashable, Sendable {
    case possible(directory: FilePath)
    /// Why not: the rest of a sentence.
    case impossible(String)

    /// Tries it, with the first bytes of the image and a file without a name.
    static func find(of image: ImageFile, _ users: VolumeUsers, in chosen: FilePath?) -> Reflink {
        guard let path = image.path else {
            return .impossible("the name of its image file is gone, or does not lead to it from here")
        }
        if users.swaps.contains(path.string) { return .impossible("the file is active as swap") }
        let directory = chosen ?? path.removingLastComponent()
        do throws(SystemError) {
            try clonePart(of: path, in: directory)
            return .possible(directory: directory)
        } catch {
            return .impossible(explain(error, path, directory))
        }
    }

    private static func clonePart(of path: FilePath, in directory: FilePath) throws(SystemError) {
        let source = try OwnedDescriptor(opening: path, .readOnly, options: .nonBlocking)
        let place = directory.appending(CloneFile.name(for: path))
        let clone = try OwnedDescriptor(opening: place, .readWrite, options: [.create, .exclusive], permissions: 0o600)
        // At once, so that not even a crash leaves it behind.
        try File.remove(place)
        if source.isWrittenInPlace() { try clone.writeInPlace() }
        let extent = ByteExtent(offset: 0, byteCount: CloneFile.alignment)
        try clone.clone(CloneFile.reaching(extent, in: try source.status().byteCount), of: source)
    }

    private static func explain(_ error: SystemError, _ path: FilePath, _ directory: FilePath) -> String {
        let filesystem = VolumeStack.filesystemType(holding: directory) ?? "its filesystem"
        switch error.code {
        case .notSupported, .inappropriateIOCTLForDevice: return "\(filesystem) at \(directory) has no reflinks"
        case .improperLink: return "\(directory) is on another filesystem than \(path)"
        case .invalidArgument: return "\(filesystem) at \(directory) cannot clone this file (made without reflinks?)"
        case .readOnlyFileSystem: return "\(directory) is read-only"
        case .permissionDenied, .notPermitted: return "no file may be made in \(directory)"
        case .noSpace, .diskQuotaExceeded: return "there is no room in \(directory)"
        default: return error.description
        }
    }
}
