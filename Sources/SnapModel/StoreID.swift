/// Names a store: a random UUID (RFC 9562, version 4) in lowercase, written once when the store is made.
package struct StoreID: Hashable, Sendable, Codable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static func random() -> StoreID {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        bytes[6] = 0x40 | bytes[6] & 0x0f
        bytes[8] = 0x80 | bytes[8] & 0x3f
        return StoreID(rawValue: Hexadecimal.uuidText(of: bytes))
    }

    package var description: String { rawValue }

    package init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
