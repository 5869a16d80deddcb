internal import SnapDevice
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// A file that becomes a clone of an image file. Its owner has it locked, so that a leftover is told from one in use.
final class CloneFile: Sendable {
    let path: FilePath
    let inode: UInt64
    private let descriptor: OwnedDescriptor
    /// nil: not taken; another process has it.
    private let lock: FileLock?

    /// Blocks of no filesystem are larger, so that what is cloned by multiples of this is always accepted.
    static let alignment = 65_536

    /// Makes an empty one. It may be read by its owner alone, as the image may be secret.
    static func make(for image: FilePath, in directory: FilePath) throws(SystemError) -> CloneFile {
        let path = directory.appending(name(for: image))
        let file = try OwnedDescriptor(
            opening: path, .readWrite, options: [.create, .exclusive, .noFollow], permissions: newPermissions)
        do throws(SystemError) {
            return try CloneFile(file, path)
        } catch {
            try? File.remove(path)
            throw error
        }
    }

    /// Opens one that another process made.
    static func open(_ path: FilePath) throws(SystemError) -> CloneFile {
        try CloneFile(try OwnedDescriptor(opening: path, .readOnly, options: .noFollow), path)
    }

    private init(_ file: consuming OwnedDescriptor, _ path: FilePath) throws(SystemError) {
        self.path = path
        inode = try file.status().inode
        lock = try FileLock.acquire(existing: path, .exclusive)
        descriptor = file
    }

    var isLocked: Bool { lock != nil }

    func status() throws(SystemError) -> FileStatus { try descriptor.status() }

    func availableByteCount() throws(SystemError) -> Int { try descriptor.availableByteCount() }

    /// As the source is, while still empty: a btrfs clones between equals only.
    func takeKind(of source: borrowing OwnedDescriptor) throws(SystemError) {
        if source.isWrittenInPlace() { try descriptor.writeInPlace() }
    }

    /// Clones at least `window`, at the same place. The bytes are those of one instant.
    func fill(from source: borrowing OwnedDescriptor, _ window: ByteExtent) throws(SystemError) {
        try descriptor.clone(Self.reaching(window, in: try source.status().byteCount), of: source)
    }

    /// Once it returns, the clone survives a crash of the machine; its permissions tell so.
    func makeDurable() throws(SystemError) {
        try descriptor.synchronise()
        try descriptor.setPermissions(Self.durablePermissions)
        try descriptor.synchronise()
        try Directory.synchronise(path.removingLastComponent())
    }

    /// Whether its bytes are whole: it is durable, or the machine has not gone down since it was made.
    func isWhole() throws(SystemError) -> Bool {
        try status().permissions == Self.durablePermissions || path.string.contains(".\(Self.bootMark())-")
    }

    /// Removes its name, if that still leads to it.
    func remove() {
        guard let status = try? FileStatus(ofLink: path), status.inode == inode else { return }
        try? File.remove(path)
    }

    /// What has to be cloned of a file of `byteCount` bytes, in whole blocks, to have `window`. 0 bytes: to the end.
    static func reaching(_ window: ByteExtent, in byteCount: Int) -> ByteExtent {
        let start = window.offset / alignment * alignment
        let end = (window.end + alignment - 1) / alignment * alignment
        return ByteExtent(offset: start, byteCount: end >= byteCount ? 0 : end - start)
    }

    // MARK: - Names

    /// `.disk.img.1f0c92ab-77d3e01c.snapctl-clone`: hidden, and new each time.
    static func name(for image: FilePath) -> String {
        let random = String(UInt32.random(in: .min ... .max), radix: 16)
        let end = ".\(bootMark())-\(random)\(suffix)"
        var base = "." + (image.lastComponent?.string ?? "image")
        while base.utf8.count + end.utf8.count > nameByteLimit { base.removeLast() }
        return base + end
    }

    static let suffix = ".snapctl-clone"

    /// Tells this run of the machine from others.
    private static func bootMark() -> String {
        String(((try? File.readText("/proc/sys/kernel/random/boot_id")) ?? "unknown").prefix(8))
    }

    private static let newPermissions: UInt32 = 0o600
    private static let durablePermissions: UInt32 = 0o400
    /// NAME_MAX
    private static let nameByteLimit = 255
}
