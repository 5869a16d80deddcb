/// Bytes that are appended in many small pieces.
///
/// An array grows by pieces too, but at a price for each that a listing of 10,000 snapshots feels (1.5 million pieces).
struct GatheredBytes {
    /// As long as its capacity; what is from `count` on is not ours yet.
    private var storage: [UInt8]
    private(set) var count = 0

    init(capacity: Int) { storage = Array(repeating: 0, count: max(64, capacity)) }

    var bytes: ArraySlice<UInt8> { storage[..<count] }

    mutating func removeAll() { count = 0 }

    mutating func append(_ byte: UInt8) {
        makeRoom(for: 1)
        storage[count] = byte
        count += 1
    }

    mutating func append(_ text: String) {
        let source = text.utf8.span
        makeRoom(for: source.count)
        let end = count
        var target = storage.mutableSpan
        for index in source.indices { target[end + index] = source[index] }
        count += source.count
    }

    mutating func append(repeating byte: UInt8, count repetitions: Int) {
        makeRoom(for: repetitions)
        let end = count
        var target = storage.mutableSpan
        for index in 0..<repetitions { target[end + index] = byte }
        count += repetitions
    }

    private mutating func makeRoom(for byteCount: Int) {
        guard storage.count - count < byteCount else { return }
        storage.append(contentsOf: repeatElement(0, count: max(byteCount, storage.count)))
    }
}
