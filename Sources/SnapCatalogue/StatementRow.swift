internal import GRDB
internal import GRDBSQLite
internal import SnapModel

/// The row that a statement stands on, valid until its next step. For queries whose rows are many.
// The statement's pointer is used within this file only, while the statement lives.
struct StatementRow {
    fileprivate let statement: Statement

    init(_ statement: Statement) { self.statement = statement }

    func isNull(_ index: Int) -> Bool {
        unsafe sqlite3_column_type(statement.sqliteStatement, Int32(index)) == SQLITE_NULL
    }

    /// A column that is never NULL. Throws where the database says otherwise: it is then damaged.
    func value<Value: StatementColumnConvertible>(_ index: Int) throws -> Value {
        guard let value: Value = optional(index) else { throw Row.malformed("column \(index) of a snapshot") }
        return value
    }

    func optional<Value: StatementColumnConvertible>(_ index: Int) -> Value? {
        isNull(index) ? nil : unsafe Value(sqliteStatement: statement.sqliteStatement, index: Int32(index))
    }

    /// A BLOB of 32 bytes, decoded where it lies.
    func digest(_ index: Int) throws -> Digest {
        let statement = unsafe self.statement.sqliteStatement
        let byteCount = unsafe sqlite3_column_bytes(statement, Int32(index))
        guard byteCount == Digest.byteCount, let blob = unsafe sqlite3_column_blob(statement, Int32(index)) else {
            throw Row.malformed("a digest")
        }
        func word(_ offset: Int) -> UInt64 {
            unsafe UInt64(bigEndian: blob.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        return Digest(words: (word(0), word(8), word(16), word(24)))
    }
}

extension StatementRow {
    /// A BLOB of changes, decoded where it lies.
    func forEachChange(_ index: Int, _ body: (ImageChange) -> Void) throws {
        let statement = unsafe self.statement.sqliteStatement
        let byteCount = Int(unsafe sqlite3_column_bytes(statement, Int32(index)))
        guard byteCount > 0 else { return }
        guard byteCount % ImageChange.byteCount == 0, let blob = unsafe sqlite3_column_blob(statement, Int32(index))
        else { throw Row.malformed("a change of an image") }
        for offset in stride(from: 0, to: byteCount, by: ImageChange.byteCount) {
            body(
                ImageChange(
                    high: UInt64(
                        littleEndian: unsafe blob.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
                    low: UInt64(
                        littleEndian: unsafe blob.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)),
                    count: Int32(
                        littleEndian: unsafe blob.loadUnaligned(fromByteOffset: offset + 16, as: Int32.self)),
                    size: UInt32(
                        littleEndian: unsafe blob.loadUnaligned(fromByteOffset: offset + 20, as: UInt32.self))))
        }
    }
}
