internal import Glibc
package import SystemPackage

/// Folders: made, listed, and made durable.
package enum Directory {
    /// Makes `path` and what is missing above it, with `permissions`, and makes the names durable.
    package static func create(_ path: FilePath, permissions: UInt32 = 0o700) throws(SystemError) {
        if let status = try? FileStatus(of: path), status.kind == .directory { return }
        let parent = path.removingLastComponent()
        if !parent.isEmpty, parent != path { try create(parent, permissions: permissions) }
        do throws(SystemError) {
            _ = try systemCall("create", path) { path.withPlatformString { mkdir($0, permissions) } }
        } catch {
            // Another process may have made it meanwhile; a file of that name is none.
            guard error.code == .fileExists, try FileStatus(of: path).kind == .directory else { throw error }
        }
        try synchronise(parent.isEmpty ? "." : parent)
    }

    /// fsync(2) of a folder: the names in it are on the medium.
    package static func synchronise(_ path: FilePath) throws(SystemError) {
        let directory = try OwnedDescriptor(opening: path, .readOnly, options: .directory)
        try directory.synchronise()
    }

    /// rmdir(2): only one that is empty.
    package static func remove(_ path: FilePath) throws(SystemError) {
        _ = try systemCall("remove", path) { path.withPlatformString { rmdir($0) } }
    }

    /// The names in a folder, sorted, without `.` and `..`.
    package static func names(in path: FilePath) throws(SystemError) -> [String] {
        guard let stream = path.withPlatformString({ opendir($0) }) else {
            throw SystemError("list", path.string, Errno(rawValue: errno))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        if errno != 0 { throw SystemError("list", path.string, Errno(rawValue: errno)) }
        return names.sorted()
    }
}
