/// A SHA-256 value (FIPS 180-4), 32 bytes. Names a chunk by its plaintext, and a manifest page by its bytes.
package struct Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let byteCount = 32

    // The 32 bytes as four big-endian words: comparing words compares bytes, and nothing is on the heap.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Four words, each of eight bytes read big-endian.
    package init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// nil unless `bytes` holds exactly 32 bytes.
    package init?(bytes: some RandomAccessCollection<UInt8>) {
        guard bytes.count == Digest.byteCount else { return nil }
        func word(_ position: Int) -> UInt64 {
            bytes.dropFirst(8 * position).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
        words = (word(0), word(1), word(2), word(3))
    }

    /// Parses 64 lowercase hexadecimal digits.
    package init?(hexadecimal text: some StringProtocol) {
        guard let bytes = Hexadecimal.bytes(of: text) else { return nil }
        self.init(bytes: bytes)
    }

    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Digest.byteCount)
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: 56, through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return result
    }

    package var description: String { Hexadecimal.text(of: bytes) }

    /// The first 16 bytes, as two big-endian words: for tables in memory that are too many for whole digests.
    package var leadingWords: (UInt64, UInt64) { (words.0, words.1) }

    package static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

    package static func < (left: Digest, right: Digest) -> Bool { left.words < right.words }

    /// A digest is random already: one word of it hashes as well as four.
    package func hash(into hasher: inout Hasher) { hasher.combine(words.3) }
}
