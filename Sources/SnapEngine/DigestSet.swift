internal import SnapModel

/// A set of digests in 8 to 16 bytes each, by the first eight bytes of them: it may take one for another, once in
/// 10¹⁹ pairs. For questions where a wrong "yes" costs bytes and no more.
struct DigestSet {
    /// Open addressing; 0 is an empty slot.
    private var slots: [UInt64]
    private(set) var count = 0

    init() { slots = Array(repeating: 0, count: 1 << 10) }

    /// False when it is there already.
    @discardableResult
    mutating func insert(_ digest: Digest) -> Bool {
        if 2 * count >= slots.count { grow() }
        let word = Self.word(of: digest)
        let slot = slot(of: word)
        guard slots[slot] == 0 else { return false }
        slots[slot] = word
        count += 1
        return true
    }

    func contains(_ digest: Digest) -> Bool { slots[slot(of: Self.word(of: digest))] != 0 }

    /// Where `word` is, or belongs. A digest is random already: its bits need no more mixing.
    private func slot(of word: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: word) & mask
        while slots[slot] != 0, slots[slot] != word { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: 2 * old.count)
        for word in old where word != 0 { slots[slot(of: word)] = word }
    }

    private static func word(of digest: Digest) -> UInt64 { max(1, digest.leadingWords.0) }
}
