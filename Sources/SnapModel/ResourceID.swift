/// The id of an EBS resource: a prefix, a hyphen, and 17 (or, from before 2016, 8) lowercase hexadecimal digits.
package protocol ResourceID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible, LosslessStringConvertible
{
    /// The letters before the hyphen: `snap`, `vol`.
    static var prefix: String { get }
    var rawValue: String { get }
    /// Takes a string that is known to be well formed.
    init(wellFormed rawValue: String)
}

extension ResourceID {
    package static var digitCount: Int { 17 }
    package static var legacyDigitCount: Int { 8 }

    /// A new random id.
    package static func random() -> Self {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    package static func random(using generator: inout some RandomNumberGenerator) -> Self {
        let alphabet = Array("0123456789abcdef")
        let digits = (0..<digitCount).map { _ in alphabet.randomElement(using: &generator) ?? "0" }
        return Self(wellFormed: prefix + "-" + String(digits))
    }

    /// Parses an id; nil when it is malformed.
    package init?(_ description: String) {
        let start = Self.prefix + "-"
        guard description.hasPrefix(start) else { return nil }
        let digits = description.utf8.dropFirst(start.utf8.count)
        guard digits.count == Self.digitCount || digits.count == Self.legacyDigitCount else { return nil }
        guard digits.allSatisfy(Self.isLowercaseHexadecimal) else { return nil }
        self.init(wellFormed: description)
    }

    package var description: String { rawValue }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(text) is not a \(Self.prefix)- id")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    private static func isLowercaseHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

/// Names a snapshot: `snap-` + 17 hex.
package struct SnapshotID: ResourceID {
    package static var prefix: String { "snap" }
    package let rawValue: String
    package init(wellFormed rawValue: String) { self.rawValue = rawValue }
}

/// Names a volume: `vol-` + 17 hex.
package struct VolumeID: ResourceID {
    package static var prefix: String { "vol" }
    package let rawValue: String
    package init(wellFormed rawValue: String) { self.rawValue = rawValue }
}

/// Names what was taken at one instant of several volumes: `set-` + 17 hex. EBS has no such id: its CreateSnapshots
/// answers with the snapshots alone.
package struct SnapshotSetID: ResourceID {
    package static var prefix: String { "set" }
    package let rawValue: String
    package init(wellFormed rawValue: String) { self.rawValue = rawValue }
}
