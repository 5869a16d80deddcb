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
            openingPossiblyDirect: temporary, .writeOnly, direct: true, options: [.create, .truncate], permissions: 0o600)
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
        let (offset, failure) = state.withLock { ($0.byteCount, $0.failure) }
        if let failure { throw failure }
        do throws(SystemError) {
            try descriptor.write(buffer, range: range, at: offset)
        } catch {
            let failure = StoreError(error)
            state.withLock { $0.failure = failure }
            throw failure
        }
        state.withLock { $0.byteCount += range.count }
    }

    func abandon() {
        if !state.withLock({ $0.isPublished }) { try? File.remove(temporary) }
    }

    /// The first half of publication. What was allocated beyond the end is given back.
    func makeDurable() throws(SystemError) {
        try descriptor.resize(to: state.withLock { $0.byteCount })
        try descriptor.synchroniseContents()
    }

    /// The second half. The folder is still to be made durable.
    func rename() throws(SystemError) {
        try File.rename(temporary, to: path)
        state.withLock { $0.isPublished = true }
    }
}
