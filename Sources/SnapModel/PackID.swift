/// Names a pack: a version 7 UUID (RFC 9562), so that packs sort by the time they were made.
package struct PackID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let byteCount = 16
    package let bytes: [UInt8]

    /// nil unless `bytes` holds exactly 16 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == PackID.byteCount else { return nil }
        self.bytes = bytes
    }

    /// A new id: 48 bits of Unix time in milliseconds, then 74 random bits.
    package static func make(at time: Timestamp) -> PackID {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        for index in 0..<6 {
            bytes[index] = UInt8(truncatingIfNeeded: time.millisecondsSinceEpoch >> (40 - 8 * index))
        }
        bytes[6] = 0x70 | bytes[6] & 0x0f
        bytes[8] = 0x80 | bytes[8] & 0x3f
        return PackID(uncheckedBytes: bytes)
    }

    /// Not after any id that is made at `time` or later.
    package static func first(at time: Timestamp) -> PackID {
        var bytes = make(at: time).bytes
        for index in 6..<byteCount { bytes[index] = 0 }
        return PackID(uncheckedBytes: bytes)
    }

    /// Parses the usual form, `xxxxxxxx-xxxx-7xxx-xxxx-xxxxxxxxxxxx`.
    package init?(_ text: String) {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        guard let bytes = Hexadecimal.bytes(of: groups.joined()) else { return nil }
        self.init(bytes: bytes)
    }

    private init(uncheckedBytes bytes: [UInt8]) { self.bytes = bytes }

    package var description: String { Hexadecimal.uuidText(of: bytes) }

    /// Two hexadecimal digits of the random part: the folder that holds the pack.
    package var folder: String { String(description.suffix(2)) }

    package static func < (left: PackID, right: PackID) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}
