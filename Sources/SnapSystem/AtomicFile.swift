internal import Glibc
package import SystemPackage

/// A small file that is either wholly there or not there: temporary name, write, fsync, rename, fsync of the folder.
package enum AtomicFile {
    /// Marks files that nobody needs once their writer is dead.
    package static let temporaryMarker = ".tmp-"

    /// Replaces `path` by `bytes`; with `replacing` false, leaves what is there. After it returns, they are on the medium.
    package static func write(
        _ bytes: [UInt8], to path: FilePath, replacing: Bool = true, permissions: UInt32 = 0o600
    ) throws(SystemError) {
        let temporary = FilePath(path.string + temporaryMarker + ProcessIdentity.current.description)
        do throws(SystemError) {
            let file = try OwnedDescriptor(
                opening: temporary, .writeOnly, options: [.create, .truncate], permissions: permissions)
            try file.write(bytes, at: 0)
            try file.synchronise()
            try file.close()
            if replacing {
                try File.rename(temporary, to: path)
            } else {
                try File.renameWithoutReplacing(temporary, to: path)
            }
            try Directory.synchronise(path.removingLastComponent())
        } catch {
            try? File.remove(temporary)
            if !replacing, error.code == .fileExists { return }
            throw error
        }
    }
}
