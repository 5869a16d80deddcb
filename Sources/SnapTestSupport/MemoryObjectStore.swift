package import SnapStore
package import SnapSystem
internal import Synchronization

/// An object store in memory, for tests of what stands on a store: as strict as any other, and faster.
package final class MemoryObjectStore: ObjectStore {
    private let state = Mutex(State())

    private struct State {
        var objects: [ObjectKey: [UInt8]] = [:]
        var writers: [MemoryObjectWriter] = []
        var deadPieces: [ObjectKey] = []
    }

    package init() {}

    package func startObject(_ key: ObjectKey, byteCount: Int) throws(StoreError) -> any ObjectWriter {
        let writer = MemoryObjectWriter(key: key)
        state.withLock { $0.writers.append(writer) }
        return writer
    }

    package func publish(_ writers: [any ObjectWriter]) throws(StoreError) {
        let writers = writers.map { writer in
            guard let writer = writer as? MemoryObjectWriter else {
                preconditionFailure("a writer of another store")
            }
            return writer
        }
        var contents: [(key: ObjectKey, bytes: [UInt8])] = []
        for writer in writers { contents.append((writer.key, try writer.finished())) }
        state.withLock { state in
            for (key, bytes) in contents { state.objects[key] = bytes }
            state.writers.removeAll { writer in writers.contains { $0 === writer } }
        }
    }

    package func makeNamesDurable(_ keys: [ObjectKey]) throws(StoreError) {}

    package func put(_ bytes: [UInt8], to key: ObjectKey) throws(StoreError) {
        state.withLock { $0.objects[key] = bytes }
    }

    package func putIfAbsent(_ bytes: [UInt8], to key: ObjectKey) throws(StoreError) {
        state.withLock { state in
            if state.objects[key] == nil { state.objects[key] = bytes }
        }
    }

    package func get(_ key: ObjectKey) throws(StoreError) -> [UInt8] {
        guard let bytes = state.withLock({ $0.objects[key] }) else { throw missing(key) }
        return bytes
    }

    package func read(
        _ key: ObjectKey,
        into buffer: borrowing AlignedBuffer,
        range: Range<Int>,
        at offset: Int
    ) throws(StoreError) -> Int {
        let bytes = try get(key)
        guard offset < bytes.count else { return 0 }
        let part = Array(bytes[offset..<min(bytes.count, offset + range.count)])
        buffer.store(part, at: range.lowerBound)
        return part.count
    }

    package func byteCount(of key: ObjectKey) throws(StoreError) -> Int { try get(key).count }

    package func keys(under prefix: String) throws(StoreError) -> [ObjectKey] {
        let paths = state.withLock { $0.objects.keys.map(\.path) }
        return paths.filter { $0.hasPrefix(prefix) }.sorted().map(ObjectKey.init)
    }

    package func delete(_ key: ObjectKey) throws(StoreError) { state.withLock { $0.objects[key] = nil } }

    package func removeLeftovers(under prefix: String) throws(StoreError) -> Int {
        state.withLock { state in
            let count = state.deadPieces.count
            state.deadPieces.removeAll { $0.path.hasPrefix(prefix) }
            return count - state.deadPieces.count
        }
    }

    /// As if the process had been killed: what it had not published is left over, and nobody will publish it.
    package func crash() {
        state.withLock { state in
            for writer in state.writers where writer.die() { state.deadPieces.append(writer.key) }
            state.writers = []
        }
    }

    private func missing(_ key: ObjectKey) -> StoreError {
        StoreError(.missing, key.path, "there is no \(key)")
    }
}

private final class MemoryObjectWriter: ObjectWriter {
    let key: ObjectKey
    private let state = Mutex(State())

    private struct State {
        var bytes: [UInt8] = []
        /// Abandoned, published, or its process was killed.
        var isOver = false
    }

    init(key: ObjectKey) { self.key = key }

    func append(_ buffer: borrowing AlignedBuffer, range: Range<Int>) throws(StoreError) {
        precondition(
            range.lowerBound % ObjectAlignment.byteCount == 0 && range.count % ObjectAlignment.byteCount == 0,
            "unaligned \(range)"
        )
        let more = buffer.copyBytes(range)
        let isOver = state.withLock { state in
            if !state.isOver { state.bytes += more }
            return state.isOver
        }
        if isOver { throw StoreError(.failed, key.path, "\(key) was abandoned") }
    }

    func abandon() { state.withLock { $0 = State(bytes: [], isOver: true) } }

    func finished() throws(StoreError) -> [UInt8] {
        let state = state.withLock { state in
            defer { state = State(bytes: [], isOver: true) }
            return state
        }
        if state.isOver { throw StoreError(.missing, key.path, "\(key) was abandoned") }
        return state.bytes
    }

    /// Whether there was something left to die.
    func die() -> Bool {
        state.withLock { state in
            defer { state = State(bytes: [], isOver: true) }
            return !state.isOver
        }
    }
}
