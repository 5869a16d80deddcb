import SnapSystem
import SnapTestSupport
import SystemPackage

/// A snapshot of a filesystem, restored and looked at: is it clean, and is the order of what was written kept?
struct RestoredImage {
    let kind: MountedFilesystem.Kind
    let image: FilePath

    /// Restores into a new file, checks the filesystem, and lends it mounted.
    static func with<Result>(
        _ snapshot: String, of kind: MountedFilesystem.Kind, by program: Program, in directory: ScratchDirectory,
        _ body: (FilePath) throws -> Result
    ) throws -> Result {
        let target = directory.appending("restored-\(snapshot)")
        defer { try? File.remove(target) }
        try program.restore(snapshot, to: target)
        let restored = RestoredImage(kind: kind, image: target)
        return try LoopDevice.with(over: target) { loop in
            try restored.check(loop.path, in: directory)
            return try MountedFilesystem.with(
                loop.path, at: try directory.folder("at-\(snapshot)"), options: restored.options
            ) { try body($0.path) }
        }
    }

    /// Two XFS or btrfs of one UUID are not mounted at the same time without a word.
    private var options: [String] { kind == .xfs ? ["nouuid"] : [] }

    /// Without repairing anything. XFS leaves its log to be replayed by the next mount even when it is frozen.
    private func check(_ device: FilePath, in directory: ScratchDirectory) throws {
        switch kind {
        case .ext4: try Command.check("e2fsck", "-fn", device.string)
        case .xfs:
            try MountedFilesystem.with(device, at: try directory.folder("replay"), options: options) { _ in }
            try Command.check("xfs_repair", "-n", device.string)
        case .btrfs: try Command.check("btrfs", "check", "--readonly", device.string)
        }
    }
}
