internal import Glibc
package import SystemPackage

/// A tmpfs that is mounted for one test: small enough to be filled.
package enum MemoryFilesystem {
    package static var canMount: Bool { geteuid() == 0 }

    /// Mounts at the folder `path`, and unmounts when `body` ends, however it does.
    package static func with<Result>(byteCount: Int, at path: FilePath, _ body: () throws -> Result) throws
        -> Result
    {
        try Command.check("mount", "-t", "tmpfs", "-o", "size=\(byteCount)", "tmpfs", path.string)
        defer { _ = try? Command.run(["umount", "-l", path.string]) }
        return try body()
    }
}
