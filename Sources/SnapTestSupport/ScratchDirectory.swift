internal import Glibc
package import SnapSystem
package import SystemPackage

/// A folder of one test, with files made for it.
package struct ScratchDirectory: Sendable {
    package let path: FilePath

    /// Lends a new folder, which is removed with all that is in it when `body` ends, however it does.
    package static func with<Result>(_ body: (ScratchDirectory) throws -> Result) throws -> Result {
        let directory = try ScratchDirectory()
        defer { directory.remove() }
        return try body(directory)
    }

    /// The folder of another process of the same test, which owns it.
    package init(sharing path: FilePath) { self.path = path }

    /// A new folder, to be removed by whoever made it: for tests that wait, which `with` cannot.
    package init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/snapctl-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Command.Failure(description: "no scratch folder in \(parent): \(Errno(rawValue: errno))")
        }
        let made = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = try File.resolve(FilePath(made))
    }

    /// `--one-file-system`: what somebody forgot to unmount is not emptied.
    package func remove() { _ = try? Command.run(["rm", "-rf", "--one-file-system", path.string]) }

    package func appending(_ name: String) -> FilePath { path.appending(name) }

    /// A file with these bytes.
    package func file(_ name: String, _ bytes: [UInt8]) throws -> FilePath {
        let file = try OwnedDescriptor(opening: appending(name), .writeOnly, options: [.create, .truncate])
        try file.write(bytes, at: 0)
        try file.close()
        return appending(name)
    }

    /// A file of one hole.
    package func sparseFile(_ name: String, byteCount: Int) throws -> FilePath {
        try Self.sparseFile(at: appending(name), byteCount: byteCount)
    }

    /// A program for sh(1).
    package func program(_ name: String, _ script: String) throws -> FilePath {
        let path = try file(name, Array("#!/bin/sh\n\(script)\n".utf8))
        try Command.check("chmod", "755", path.string)
        return path
    }

    /// A file of one hole, in a filesystem that is mounted for the test.
    package static func sparseFile(at path: FilePath, byteCount: Int) throws -> FilePath {
        let file = try OwnedDescriptor(opening: path, .writeOnly, options: [.create, .truncate])
        try file.resize(to: byteCount)
        try file.close()
        return path
    }

    package func folder(_ name: String) throws -> FilePath { try Self.folder(at: appending(name)) }

    package static func folder(at path: FilePath) throws -> FilePath {
        try Directory.create(path)
        return path
    }
}

extension File {
    /// Writes `bytes` into a file or device that exists.
    package static func overwrite(_ path: FilePath, _ bytes: [UInt8], at offset: Int) throws {
        let file = try OwnedDescriptor(opening: path, .writeOnly)
        try file.write(bytes, at: offset)
        try file.synchronise()
        try file.close()
    }

    /// `byteCount` bytes of a file or device, from the medium.
    package static func bytes(of path: FilePath, _ byteCount: Int, at offset: Int = 0) throws -> [UInt8] {
        try OwnedDescriptor(opening: path, .readOnly).readBytes(byteCount, at: offset)
    }
}
