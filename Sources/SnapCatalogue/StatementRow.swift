internal import GRDB
internal import GRDBSQLite
internal import SnapModel

/// The row that a statement stands on, valid until its next step. For queries whose rows are many.
// The statement's pointer is used within this file only, while the statement lives.
struct StatementRow {
    private let statement: Statement

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
