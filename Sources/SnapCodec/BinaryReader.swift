package import SnapModel

/// Takes a structure on disk apart: little-endian, field by field, never past the end.
package struct BinaryReader: Sendable {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int
    /// What is being read, for errors.
    private let subject: String

    package init(_ bytes: [UInt8], subject: String) {
        self.bytes = bytes
        self.subject = subject
        position = 0
        end = bytes.count
    }

    package var remainingByteCount: Int { end - position }

    package mutating func read<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(CodecError) -> Value {
        let byteCount = Value.bitWidth / 8
        try require(byteCount)
        var value: Value = 0
        for index in (position..<(position + byteCount)).reversed() {
            value = value << 8 | Value(truncatingIfNeeded: bytes[index])
        }
        position += byteCount
        return value
    }

    /// A 64-bit count or offset that must fit an Int, and be no more than `limit`.
    package mutating func readCount(limit: Int = .max, _ name: String) throws(CodecError) -> Int {
        let value: UInt64 = try read()
        guard value <= UInt64(limit) else {
            throw CodecError(.malformed, subject, "\(name) of \(value) is more than \(limit)")
        }
        return Int(value)
    }

    package mutating func readBytes(_ byteCount: Int) throws(CodecError) -> [UInt8] {
        try require(byteCount)
        defer { position += byteCount }
        return Array(bytes[position..<(position + byteCount)])
    }

    /// Reads 32 bytes. A page has a thousand of them: without an array each.
    package mutating func readDigest() throws(CodecError) -> Digest {
        try require(Digest.byteCount)
        defer { position += Digest.byteCount }
        func word(_ offset: Int) -> UInt64 {
            var word: UInt64 = 0
            for index in (position + offset)..<(position + offset + 8) { word = word << 8 | UInt64(bytes[index]) }
            return word
        }
        return Digest(words: (word(0), word(8), word(16), word(24)))
    }

    /// Reads bytes that must be these.
    package mutating func expect(magic: [UInt8]) throws(CodecError) {
        guard try readBytes(magic.count) == magic else {
            throw CodecError(.wrongMagic, subject, "it does not begin as one does")
        }
    }

    /// Bytes that must be zero, so that a later version may use them.
    package mutating func expectZeros(_ byteCount: Int) throws(CodecError) {
        guard try readBytes(byteCount).allSatisfy({ $0 == 0 }) else {
            throw CodecError(.malformed, subject, "reserved bytes are not zero")
        }
    }

    package func expectEnd() throws(CodecError) {
        guard remainingByteCount == 0 else {
            throw CodecError(.malformed, subject, "\(remainingByteCount) bytes follow its end")
        }
    }

    private func require(_ byteCount: Int) throws(CodecError) {
        guard byteCount >= 0, byteCount <= remainingByteCount else {
            throw CodecError(.truncated, subject, "\(byteCount) bytes wanted where \(remainingByteCount) are left")
        }
    }
}
