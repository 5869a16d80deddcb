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
        copy(source, to: count)
        count += source.count
    }

    /// Appends `text` between two bytes `quote`, unless one of its own bytes is special: then nothing, and false.
    mutating func append(_ text: String, between quote: UInt8, unless isSpecial: (UInt8) -> Bool) -> Bool {
        let source = text.utf8.span
        // All of them are looked at, so that the processor can look at many at a time.
        var foundSpecial = false
        for index in source.indices { foundSpecial = isSpecial(source[index]) || foundSpecial }
        if foundSpecial { return false }
        makeRoom(for: source.count + 2)
        storage[count] = quote
        copy(source, to: count + 1)
        storage[count + 1 + source.count] = quote
        count += source.count + 2
        return true
    }

    /// As one piece: byte by byte, with each index checked, this led the profile of a long listing.
    private mutating func copy(_ source: Span<UInt8>, to offset: Int) {
        unsafe source.withUnsafeBytes { source in
            unsafe storage.withUnsafeMutableBytes { target in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset..<(offset + source.count)])
                    .copyMemory(from: source)
            }
        }
    }

    private mutating func makeRoom(for byteCount: Int) {
        guard storage.count - count < byteCount else { return }
        storage.append(contentsOf: repeatElement(0, count: max(byteCount, storage.count)))
    }
}
