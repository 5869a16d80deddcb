internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// A file without a name, made when it is first written to, which ends with this. From any thread.
final class SpillFile: Sendable {
    private let directory: FilePath
    private let opened = Mutex<OpenedFile?>(nil)
    /// Up to here it was seen that there is room.
    private let roomEnd = Atomic(0)

    private final class OpenedFile: Sendable {
        let descriptor: OwnedDescriptor

        init(in directory: FilePath) throws(SystemError) {
            let name = ".live-\(ProcessIdentity.current.number)-\(UInt32.random(in: .min ... .max))"
            let path = directory.appending(name)
            descriptor = try OwnedDescriptor(
                opening: path, .readWrite, options: [.create, .exclusive, .noFollow], permissions: 0o600)
            // At once, so that not even a crash leaves it behind.
            try File.remove(path)
        }
    }

    init(_ directory: FilePath) { self.directory = directory }

    func write(
        _ buffer: borrowing AlignedBuffer, _ range: Range<Int>, at offset: Int
    ) throws(ConsistencyError) {
        do throws(SystemError) {
            if range.count + offset > roomEnd.load(ordering: .relaxed) { try lookForRoom(upTo: range.count + offset) }
            try file().descriptor.write(buffer, range: range, at: offset)
        } catch {
            throw Self.explained(error)
        }
    }

    func read(
        into buffer: borrowing AlignedBuffer, _ range: Range<Int>, at offset: Int
    ) throws(ConsistencyError) {
        do throws(SystemError) {
            let count = try file().descriptor.read(into: buffer, range: range, at: offset)
            if count < range.count { throw SystemError("read", directory.string, .ioError) }
        } catch {
            throw Self.explained(error)
        }
    }

    /// What was written is gone.
    func close() {
        opened.withLock { $0 = nil }
        roomEnd.store(0, ordering: .relaxed)
    }

    /// The last of the room is for those who must note how it ends.
    private func lookForRoom(upTo end: Int) throws(SystemError) {
        let available = try file().descriptor.availableByteCount()
        guard available >= Self.stepByteCount + Self.reservedByteCount else {
            throw SystemError("write", directory.string, .noSpace)
        }
        roomEnd.store(end + Self.stepByteCount, ordering: .relaxed)
    }

    private static let (stepByteCount, reservedByteCount) = (16 << 20, 256 << 20)

    private func file() throws(SystemError) -> OpenedFile {
        try opened.withLock { (opened) throws(SystemError) in
            if let opened { return opened }
            let file = try OpenedFile(in: directory)
            opened = file
            return file
        }
    }

    private static func explained(_ error: SystemError) -> ConsistencyError {
        error.code == .noSpace || error.code == .diskQuotaExceeded
            ? ConsistencyError(.noReserve, "no room for what was written meanwhile: \(error)") : ConsistencyError(error)
    }
}
