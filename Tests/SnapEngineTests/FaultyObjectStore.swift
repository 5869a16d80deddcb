import SnapModel
import SnapStore
import SnapSystem
import SystemPackage

/// What a store is asked to do.
enum ObjectCall: String, Sendable, CaseIterable {
    case startObject, append, publish, put, putIfAbsent, get, read, byteCount, keys, delete, removeLeftovers,
        makeNamesDurable
}

/// Where in a call a fault strikes.
enum FaultMoment: Sendable, CaseIterable {
    /// Nothing has been done.
    case before
    /// Of several objects, some are published.
    case between
    /// All is done, but nobody hears of it.
    case after
}

/// An object store that does what a local one does, and fails where a hook throws.
final class FaultyObjectStore: ObjectStore {
    typealias Hook = @Sendable (ObjectCall, _ key: String, FaultMoment) throws(StoreError) -> Void

    private let base: LocalObjectStore
    private let hook: Hook

    init(_ root: FilePath, _ hook: @escaping Hook) {
        base = LocalObjectStore(root: root)
        self.hook = hook
    }

    func startObject(_ key: ObjectKey, byteCount: Int) throws(StoreError) -> any ObjectWriter {
        try hook(.startObject, key.path, .before)
        let writer = try base.startObject(key, byteCount: byteCount)
        do throws(StoreError) {
            try hook(.startObject, key.path, .after)
        } catch {
            // Whoever asked got no writer that could be abandoned.
            writer.abandon()
            throw error
        }
        return FaultyObjectWriter(writer, hook)
    }

    func publish(_ writers: [any ObjectWriter]) throws(StoreError) {
        let keys = writers.map(\.key.path).joined(separator: " ")
        let writers = writers.compactMap { ($0 as? FaultyObjectWriter)?.base }
        try hook(.publish, keys, .before)
        let half = writers.count / 2
        if half > 0 { try base.publish(Array(writers[..<half])) }
        try hook(.publish, keys, .between)
        try base.publish(Array(writers[half...]))
        try hook(.publish, keys, .after)
    }

    func makeNamesDurable(_ keys: [ObjectKey]) throws(StoreError) {
        try around(.makeNamesDurable, keys.first?.path ?? "") { () throws(StoreError) in try base.makeNamesDurable(keys)
        }
    }

    func put(_ bytes: [UInt8], to key: ObjectKey) throws(StoreError) {
        try around(.put, key.path) { () throws(StoreError) in try base.put(bytes, to: key) }
    }

    func putIfAbsent(_ bytes: [UInt8], to key: ObjectKey) throws(StoreError) {
        try around(.putIfAbsent, key.path) { () throws(StoreError) in try base.putIfAbsent(bytes, to: key) }
    }

    func get(_ key: ObjectKey) throws(StoreError) -> [UInt8] {
        try around(.get, key.path) { () throws(StoreError) in try base.get(key) }
    }

    func read(
        _ key: ObjectKey,
        into buffer: borrowing AlignedBuffer,
        range: Range<Int>,
        at offset: Int
    ) throws(StoreError) -> Int {
        try hook(.read, key.path, .before)
        let count = try base.read(key, into: buffer, range: range, at: offset)
        try hook(.read, key.path, .after)
        return count
    }

    func byteCount(of key: ObjectKey) throws(StoreError) -> Int {
        try around(.byteCount, key.path) { () throws(StoreError) in try base.byteCount(of: key) }
    }

    func keys(under prefix: String) throws(StoreError) -> [ObjectKey] {
        try around(.keys, prefix) { () throws(StoreError) in try base.keys(under: prefix) }
    }

    func delete(_ key: ObjectKey) throws(StoreError) {
        try around(.delete, key.path) { () throws(StoreError) in try base.delete(key) }
    }

    func removeLeftovers(under prefix: String) throws(StoreError) -> Int {
        try around(.removeLeftovers, prefix) { () throws(StoreError) in
            try base.removeLeftovers(under: prefix)
        }
    }

    private func around<Result>(
        _ call: ObjectCall,
        _ key: String,
        _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try hook(call, key, .before)
        let result = try body()
        try hook(call, key, .after)
        return result
    }
}

private final class FaultyObjectWriter: ObjectWriter {
    let base: any ObjectWriter
    private let hook: FaultyObjectStore.Hook
    /// Once it has thrown, it throws always.
    private let failure = FirstFailure<StoreError>()

    var key: ObjectKey { base.key }

    init(_ base: any ObjectWriter, _ hook: @escaping FaultyObjectStore.Hook) {
        self.base = base
        self.hook = hook
    }

    func append(_ buffer: borrowing AlignedBuffer, range: Range<Int>) throws(StoreError) {
        try failure.rethrow()
        do throws(StoreError) {
            try hook(.append, key.path, .before)
            try base.append(buffer, range: range)
            try hook(.append, key.path, .after)
        } catch {
            failure.record(error)
            throw error
        }
    }

    func abandon() { base.abandon() }
}
