internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// A file that is written past the page cache under a temporary name.
final class LocalObjectWriter: ObjectWriter {
    let key: ObjectKey
    let path: FilePath
    private let temporary: FilePath
    private let descriptor: OwnedDescriptor
    private let state = Mutex(State())

    private struct State {
        var byteCount = 0
        var failure: StoreError?
        var isPublished = false
    }

    init(key: ObjectKey, path: FilePath, byteCount: Int) throws(SystemError) {
        self.key = key
        self.path = path
        temporary = FilePath(path.string + AtomicFile.temporaryMarker + ProcessIdentity.current.description)
        descriptor = try OwnedDescriptor(
            openingPossiblyDirect: temporary, .writeOnly, direct: true, options: [.create, .truncate],
            permissions: 0o600)
        do throws(SystemError) {
            _ = try descriptor.preallocate(byteCount)
        } catch {
            // Less may be written than was foretold, and may still fit, once what was allocated is given back.
            try? descriptor.resize(to: 0)
            guard error.code == .noSpace || error.code == .diskQuotaExceeded else {
                try? File.remove(temporary)
                throw error
            }
        }
    }

    func append(_ buffer: borrowing AlignedBuffer, range: Range<Int>) throws(StoreError) {
        let offset = try unfailedByteCount()
        do throws(SystemError) {
            try descriptor.write(buffer, range: range, at: offset)
        } catch {
            throw fail(error)
        }
        state.withLock { $0.byteCount += range.count }
    }

    func abandon() {
        guard !state.withLock({ $0.isPublished }) else { return }
        // Its space is free now, and not when the last reference to this writer goes: whoever met a full disk needs it.
        try? descriptor.resize(to: 0)
        try? File.remove(temporary)
    }

    /// The first half of publication. What was allocated beyond the end is given back.
    func makeDurable() throws(StoreError) {
        let byteCount = try unfailedByteCount()
        do throws(SystemError) {
            try descriptor.resize(to: byteCount)
            try descriptor.synchroniseContents()
        } catch {
            // Not to be tried again: the kernel tells of bytes it lost only once (fsync(2)).
            throw fail(error)
        }
    }

    /// The second half. The folder is still to be made durable.
    func rename() throws(SystemError) {
        try File.rename(temporary, to: path)
        state.withLock { $0.isPublished = true }
    }

    private func unfailedByteCount() throws(StoreError) -> Int {
        let (byteCount, failure) = state.withLock { ($0.byteCount, $0.failure) }
        if let failure { throw failure }
        return byteCount
    }

    private func fail(_ error: SystemError) -> StoreError {
        let failure = StoreError(error)
        state.withLock { $0.failure = failure }
        return failure
    }
}
