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

    /// Appends `text` between two bytes `quote`, unless one of its own bytes is special: then nothing, and false.
    mutating func append(_ text: String, between quote: UInt8, unless isSpecial: (UInt8) -> Bool) -> Bool {
        let source = text.utf8.span
        for index in source.indices where isSpecial(source[index]) { return false }
        makeRoom(for: source.count + 2)
        let start = count + 1
        var target = storage.mutableSpan
        target[start - 1] = quote
        for index in source.indices { target[start + index] = source[index] }
        target[start + source.count] = quote
        count = start + source.count + 1
        return true
    }

    private mutating func makeRoom(for byteCount: Int) {
        guard storage.count - count < byteCount else { return }
        storage.append(contentsOf: repeatElement(0, count: max(byteCount, storage.count)))
    }
}
