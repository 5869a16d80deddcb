/// How the marks of a volume lie in the words of its map:
///
///     0          32                          32 + wideWordCount
///     ┌──────────┬───────────────────────────┬───────────────────────────────────┐
///     │ counters │ wide marks: a bit a 2 MiB │ marks: a bit a unit of 4 KiB      │
///     └──────────┴───────────────────────────┴───────────────────────────────────┘
///
/// A write of more than 2 MiB, which is a discard as a rule, sets wide marks: the kernel's programs must be short.
package struct MarkLayout: Hashable, Sendable {
    /// A unit, in bytes.
    package static let unitByteCount = 4_096
    static let unitsPerWord = 64
    static let unitsPerWideMark = 512
    /// What one request can mark at the most: its size in bytes is a number of 32 bits.
    static let requestWordLimit = 34

    /// The word that is not 0 when a request had more to mark than a program can.
    static let overflowWord = 0
    /// From here on: how many sectors each program has seen written.
    static let firstCounter = 1
    /// Volumes of more extents are not tracked.
    package static let extentLimit = 31

    package let unitCount: Int
    let wideStart = firstCounter + extentLimit
    var wideMarkCount: Int { Self.count(unitCount, Self.unitsPerWideMark) }
    var wideWordCount: Int { Self.count(wideMarkCount, Self.unitsPerWord) }
    var start: Int { wideStart + wideWordCount }
    var markWordCount: Int { Self.count(unitCount, Self.unitsPerWord) }
    var wordCount: Int { start + markWordCount }

    package init(byteCount: Int) {
        precondition(byteCount > 0, "marks for a volume of \(byteCount) bytes")
        unitCount = Self.count(byteCount, Self.unitByteCount)
    }

    private static func count(_ number: Int, _ size: Int) -> Int { (number + size - 1) / size }
}
