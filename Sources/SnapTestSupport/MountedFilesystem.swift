package import SystemPackage

/// A filesystem that is mounted for one test.
package struct MountedFilesystem: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case ext4, xfs, btrfs

        /// The smallest that its mkfs makes, with some room.
        package var usualByteCount: Int {
            switch self {
            case .ext4: 32 << 20
            case .xfs: 320 << 20
            case .btrfs: 128 << 20
            }
        }
    }

    package let path: FilePath
    package let device: FilePath

    /// Makes a filesystem on a device or image file, over what is there.
    package static func make(_ kind: Kind, on path: FilePath, label: String = "") throws {
        let force = kind == .ext4 ? ["-q", "-F"] : ["-q", "-f"]
        try Command.check(["mkfs.\(kind.rawValue)"] + force + (label.isEmpty ? [] : ["-L", label]) + [path.string])
    }

    /// Mounts `device` at the folder `path`, and unmounts it when `body` ends, however it does.
    package static func with<Result>(
        _ device: FilePath, at path: FilePath, options: [String] = [], _ body: (MountedFilesystem) throws -> Result
    ) throws -> Result {
        let choices = options.isEmpty ? [] : ["-o", options.joined(separator: ",")]
        try Command.check(["mount"] + choices + [device.string, path.string])
        let filesystem = MountedFilesystem(path: path, device: device)
        defer { filesystem.unmount() }
        return try body(filesystem)
    }

    /// Makes a filesystem in a new image file of `directory`, and lends it mounted through a loop device.
    package static func with<Result>(
        _ kind: Kind, in directory: ScratchDirectory, name: String = "filesystem", byteCount: Int? = nil,
        _ body: (MountedFilesystem) throws -> Result
    ) throws -> Result {
        let image = try directory.sparseFile("\(name).image", byteCount: byteCount ?? kind.usualByteCount)
        try make(kind, on: image)
        return try LoopDevice.with(over: image) { device in
            try with(device.path, at: try directory.folder(name), body)
        }
    }

    /// A process that looks around (udev, an indexer) may hold it for a moment; lazily then, so that nothing stays.
    private func unmount() {
        guard let outcome = try? Command.run(["umount", path.string]), outcome.status != 0 else { return }
        _ = try? Command.run(["umount", "-l", path.string])
    }
}
