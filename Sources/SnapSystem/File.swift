internal import CLinux
internal import Glibc
package import SystemPackage

/// Files by name.
package enum File {
    package static func exists(_ path: FilePath) -> Bool { (try? FileStatus(of: path)) != nil }

    /// unlink(2). A file that is not there is no error.
    package static func remove(_ path: FilePath) throws(SystemError) {
        do throws(SystemError) {
            _ = try systemCall("remove", path) { path.withPlatformString { unlink($0) } }
        } catch {
            guard error.code == .noSuchFileOrDirectory else { throw error }
        }
    }

    /// rename(2): replaces `target`.
    package static func rename(_ source: FilePath, to target: FilePath) throws(SystemError) {
        _ = try systemCall("rename", source) {
            source.withPlatformString { source in target.withPlatformString { Glibc.rename(source, $0) } }
        }
    }

    /// renameat2(2) with RENAME_NOREPLACE: fails with EEXIST when `target` is there, with EINVAL where the filesystem
    /// cannot promise it.
    package static func renameWithoutReplacing(_ source: FilePath, to target: FilePath) throws(SystemError) {
        _ = try systemCall("rename", source) {
            source.withPlatformString { source in target.withPlatformString { clinux_rename_noreplace(source, $0) } }
        }
    }

    /// readlink(2)
    package static func readLink(_ path: FilePath) throws(SystemError) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let capacity = bytes.count
        let count = try systemCall("read the link", path) {
            path.withPlatformString { readlink($0, &bytes, capacity) }
        }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// access(2): whether this process may read (and write) it.
    package static func isAccessible(_ path: FilePath, writing: Bool = false) -> Bool {
        path.withPlatformString { access($0, writing ? R_OK | W_OK : R_OK) == 0 }
    }

    /// realpath(3): absolute, without symbolic links.
    package static func resolve(_ path: FilePath) throws(SystemError) -> FilePath {
        guard let text = path.withPlatformString({ realpath($0, nil) }) else {
            throw SystemError("find", path.string, Errno(rawValue: errno))
        }
        defer { free(text) }
        return FilePath(platformString: text)
    }

    /// The whole of a small file, such as those of /proc and /sys, whose size is not known beforehand.
    package static func read(_ path: FilePath, upTo byteCount: Int) throws(SystemError) -> [UInt8] {
        let file = try OwnedDescriptor(opening: path, .readOnly)
        var contents: [UInt8] = []
        while contents.count < byteCount {
            let part = try file.readBytes(min(65_536, byteCount - contents.count), at: contents.count)
            if part.isEmpty { break }
            contents += part
        }
        return contents
    }

    /// `read`, as UTF-8 text.
    package static func readText(_ path: FilePath, upTo byteCount: Int = 4 << 20) throws(SystemError) -> String {
        String(decoding: try read(path, upTo: byteCount), as: UTF8.self)
    }
}
