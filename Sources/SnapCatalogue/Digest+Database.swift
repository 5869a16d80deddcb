internal import FoundationEssentials
internal import GRDB
internal import SnapModel

extension Digest {
    /// The 32 bytes, as a BLOB.
    var blob: Data { Data(bytes) }
}

extension Row {
    /// A column that is never NULL. Throws where the database says otherwise: it is then damaged.
    func value<Value: DatabaseValueConvertible & StatementColumnConvertible>(_ index: Int) throws -> Value {
        try decode(Value.self, atIndex: index)
    }

    func optional<Value: DatabaseValueConvertible & StatementColumnConvertible>(_ index: Int) throws -> Value? {
        hasNull(atIndex: index) ? nil : try decode(Value.self, atIndex: index)
    }

    /// A BLOB of 32 bytes, decoded where it lies.
    func digest(_ index: Int) throws -> Digest {
        try withUnsafeData(atIndex: index) { bytes in
            guard let bytes, bytes.count == Digest.byteCount else { throw Self.malformed("a digest") }
            let span = bytes.span
            func word(_ position: Int) -> UInt64 {
                var word: UInt64 = 0
                for index in 8 * position..<8 * (position + 1) { word = word << 8 | UInt64(span[index]) }
                return word
            }
            return Digest(words: (word(0), word(1), word(2), word(3)))
        }
    }

    func packID(_ index: Int) throws -> PackID {
        guard let id = PackID(bytes: Array(try value(index) as Data)) else {
            throw Self.malformed("a pack id")
        }
        return id
    }

    func time(_ index: Int) throws -> Timestamp { Timestamp(millisecondsSinceEpoch: try value(index)) }

    /// A value that no release of snapctl has written.
    static func malformed(_ what: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: "\(what) is malformed")
    }
}
