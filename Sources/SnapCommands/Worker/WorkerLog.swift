internal import SnapSystem
internal import SystemPackage

/// The file that workers write to: one for all, a line a thing that happened, with the ids of the snapshots in it.
enum WorkerLog {
    static let fileName: FilePath.Component = "snapctl.log"

    /// A longer one is set aside, as `.1`, by the next worker.
    private static let byteLimit = 8 << 20

    /// Makes it the standard error of this process, so that a crash is told there, too. Where it cannot be opened, such as
    /// in a root that may not be written to, nothing is told any more: whoever started us may be gone.
    static func begin(at path: FilePath) {
        let log = (try? open(path)) ?? (try? OwnedDescriptor(opening: "/dev/null", .writeOnly))
        if let log { StandardStream.error.become(log) }
    }

    private static func open(_ path: FilePath) throws(SystemError) -> OwnedDescriptor {
        try Directory.create(path.removingLastComponent())
        if let status = try? FileStatus(of: path), status.byteCount > byteLimit {
            try? File.rename(path, to: FilePath(path.string + ".1"))
        }
        return try OwnedDescriptor(opening: path, .writeOnly, options: [.create, .append], permissions: 0o640)
    }
}
