internal import Glibc
internal import SnapDevice
internal import SnapSystem
internal import SystemPackage

/// What must not lie on a filesystem that is frozen, since whoever is to thaw it would wait for it.
package enum FreezeNeeds {
    /// Throws `wouldFreezeItself`, naming what and where, if a write to one of `needs`, or anything that this process cannot
    /// do without (program, libraries, temporary files, working folder, where its output goes), reaches a target:
    /// also from another filesystem, over a loop device or an overlay. A need that does not exist yet counts where it
    /// would be made.
    package static func check(_ targets: [FreezeTarget], needs: [FrozenNeed]) throws(ConsistencyError) {
        let filesystems = try OpenedFilesystem.open(targets)
        for need in needs + ownNeeds() { try check(need, filesystems) }
        for file in mappedFiles() {
            // Also one that has no name any more.
            if let target = filesystems.first(where: { $0.number == file.filesystem }) {
                throw refusal(file.need, target)
            }
        }
    }

    static func check(_ need: FrozenNeed, _ filesystems: [OpenedFilesystem]) throws(ConsistencyError) {
        let beneath = VolumeStack.filesystems(beneath: need.path)
        if let target = filesystems.first(where: { beneath.contains($0.number) }) { throw refusal(need, target) }
    }

    private static func refusal(_ need: FrozenNeed, _ target: OpenedFilesystem) -> ConsistencyError {
        ConsistencyError(
            .wouldFreezeItself,
            "\(need.words) (\(need.path)) is on the filesystem at \(target.mountPoint), which would be frozen: "
                + "move it to another filesystem, or take the snapshot by a method that freezes nothing")
    }

    private static func ownNeeds() -> [FrozenNeed] {
        let temporary = FilePath(Environment.value("TMPDIR") ?? "/tmp")
        return [FrozenNeed("the folder of temporary files", temporary), FrozenNeed("the working folder", ".")]
            + outputs() + uniqueFolders(of: mappedFiles().map(\.need))
    }

    /// Standard output and error, where they are files: a full buffer of the frozen filesystem would hold up every message.
    private static func outputs() -> [FrozenNeed] {
        [("standard output", 1), ("standard error", 2)].compactMap { words, number in
            let path = FilePath("/proc/self/fd/\(number)")
            guard (try? FileStatus(of: path))?.kind == .regularFile else { return nil }
            return FrozenNeed(words, path)
        }
    }

    /// One of each folder stands for all of it: there are dozens of libraries.
    private static func uniqueFolders(of needs: [FrozenNeed]) -> [FrozenNeed] {
        var folders: Set<FilePath> = []
        return needs.filter { folders.insert($0.path.removingLastComponent()).inserted }
    }

    private struct MappedFile {
        var need: FrozenNeed
        /// As the kernel names the filesystem in the table of mounts.
        var filesystem: DeviceNumber
    }

    /// /proc/self/maps (proc_pid_maps(5)): the program, its libraries, and other files in its memory.
    private static func mappedFiles() -> [MappedFile] {
        let program = (try? File.readLink("/proc/self/exe")) ?? ""
        let lines = ((try? File.readText("/proc/self/maps", upTo: mapsByteLimit)) ?? "").split(separator: "\n")
        return lines.compactMap { line in
            // address, permissions, offset, device, inode, path, which may have spaces.
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            guard fields.count == 6, let start = fields[5].firstIndex(of: "/") else { return nil }
            let path = String(fields[5][start...])
            let parts = fields[3].split(separator: ":")
            guard parts.count == 2, let major = UInt32(parts[0], radix: 16), let minor = UInt32(parts[1], radix: 16)
            else {
                return nil
            }
            return MappedFile(
                need: FrozenNeed(path == program ? "the program" : "a library of the program", FilePath(path)),
                filesystem: DeviceNumber(major: major, minor: minor))
        }
    }
}

/// More than the table of any process seen.
private let mapsByteLimit = 16 << 20
