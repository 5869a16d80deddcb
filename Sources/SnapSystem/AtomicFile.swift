internal import Synchronization
package import SystemPackage

/// A small file that is either wholly there or not there: temporary name, write, fsync, rename, fsync of the folder.
package enum AtomicFile {
    /// Marks files that nobody needs once their writer is dead.
    package static let temporaryMarker = ".tmp-"

    /// Tells apart the temporary files of threads that write to one path at once.
    private static let writeCount = Atomic<Int>(0)

    /// Replaces `path` by `bytes`; with `replacing` false, leaves what is there. After it returns, they are on the medium.
    ///
    /// It has these `permissions` whatever the umask of the process is: in a unit with `UMask=0077` nobody else could
    /// read what is meant for others.
    package static func write(
        _ bytes: [UInt8], to path: FilePath, replacing: Bool = true, permissions: UInt32 = 0o600
    ) throws(SystemError) {
        let number = writeCount.add(1, ordering: .relaxed).newValue
        let temporary = FilePath("\(path.string).\(number)\(temporaryMarker)\(ProcessIdentity.current)")
        let parent = path.removingLastComponent()
        do throws(SystemError) {
            let file = try OwnedDescriptor(
                opening: temporary, .writeOnly, options: [.create, .truncate], permissions: permissions)
            // Only where needed: there are filesystems that know no permissions, and refuse to change them.
            if try file.status().permissions != permissions { try file.setPermissions(permissions) }
            try file.write(bytes, at: 0)
            try file.synchronise()
            try file.close()
            if replacing {
                try File.rename(temporary, to: path)
            } else {
                try File.renameWithoutReplacing(temporary, to: path)
            }
        } catch {
            try? File.remove(temporary)
            guard !replacing, error.code == .fileExists else { throw error }
        }
        // Also for whoever came second: the first may not have got this far.
        try Directory.synchronise(parent.isEmpty ? "." : parent)
    }
}
