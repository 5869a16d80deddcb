internal import Glibc
package import SystemPackage

/// An advisory lock (flock(2)) that ends with its owner, also when that is killed.
package struct FileLock: ~Copyable, Sendable {
    package enum Mode: Sendable { case shared, exclusive }

    private let file: OwnedDescriptor

    /// Takes the lock on `path`, which is created if missing. nil when somebody else holds it.
    package static func acquire(_ path: FilePath, _ mode: Mode) throws(SystemError) -> FileLock? {
        try acquire(try OwnedDescriptor(opening: path, .readWrite, options: .create, permissions: 0o600), path, mode)
    }

    /// Takes the lock on a file that may be read only.
    package static func acquire(existing path: FilePath, _ mode: Mode) throws(SystemError) -> FileLock? {
        try acquire(try OwnedDescriptor(opening: path, .readOnly), path, mode)
    }

    private static func acquire(
        _ file: consuming OwnedDescriptor, _ path: FilePath, _ mode: Mode
    ) throws(SystemError) -> FileLock? {
        let descriptor = file.rawValue
        do throws(SystemError) {
            _ = try systemCall("lock", path) { flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
        } catch {
            if error.code == .wouldBlock { return nil }
            throw error
        }
        return FileLock(file: file)
    }

    private init(file: consuming OwnedDescriptor) { self.file = file }

    /// Whether the locked file is still the one of its name: false once somebody has removed it, whose lock on another file
    /// of that name this one says nothing about.
    package borrowing func isOfItsName() throws(SystemError) -> Bool {
        let mine = try file.status()
        guard let named = try? FileStatus(of: file.path) else { return false }
        return mine.inode == named.inode && mine.filesystem == named.filesystem
    }

    /// Not by closing alone: a program that another thread is just starting has a copy of the descriptor until its exec.
    deinit { _ = flock(file.rawValue, LOCK_UN) }
}
