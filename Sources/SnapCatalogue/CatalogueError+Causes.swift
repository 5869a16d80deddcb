internal import GRDB
internal import SnapSystem
internal import SystemPackage

/// The one place where SQLite's result codes and errno become errors of the catalogue.
extension CatalogueError {
    /// Anything thrown by GRDB, by the system layer, or by this module, on the catalogue at `path`.
    init(_ error: any Error, at path: FilePath) {
        switch error {
        case let error as CatalogueError: self = error
        case let error as DatabaseError: self.init(error, at: path)
        case let error as SystemError: self.init(error, at: path)
        case let error as RowDecodingError:
            self.init(.damaged, path.string, "holds a value of the wrong type (\(error.description))")
        default: self.init(.failed, path.string, "cannot be used (\(error))")
        }
    }

    /// https://www.sqlite.org/rescode.html
    private init(_ error: DatabaseError, at path: FilePath) {
        let (code, explanation) = Self.meaning(of: error)
        let detail = error.message.map { ": \($0)" } ?? ""
        self.init(
            code,
            path.string,
            "\(explanation) (SQLite code \(error.extendedResultCode.rawValue)\(detail))"
        )
    }

    private static func meaning(of error: DatabaseError) -> (Code, String) {
        // Growing the shared-memory file beside the database fails so when the filesystem is full.
        if error.extendedResultCode == .SQLITE_IOERR_SHMSIZE { return (.noSpace, "its filesystem is full") }
        return switch error.resultCode {
        case .SQLITE_NOTADB: (.notADatabase, "is no SQLite database")
        case .SQLITE_CORRUPT: (.damaged, "is damaged")
        case .SQLITE_FULL: (.noSpace, "its filesystem is full")
        case .SQLITE_IOERR: (.damaged, "cannot be read or written")
        case .SQLITE_BUSY, .SQLITE_LOCKED: (.busy, "is locked by another process")
        case .SQLITE_CANTOPEN: (.permissionDenied, "cannot be opened, or the files beside it not made")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: (.permissionDenied, "may not be written")
        case .SQLITE_CONSTRAINT: (.failed, "refuses a record that contradicts another")
        default: (.failed, "cannot be used")
        }
    }

    private init(_ error: SystemError, at path: FilePath) {
        let code: Code =
            switch error.code {
            case .noSpace, .diskQuotaExceeded: .noSpace
            case .permissionDenied, .notPermitted, .readOnlyFileSystem: .permissionDenied
            case .noSuchFileOrDirectory, .notDirectory: .missing
            case .ioError: .damaged
            default: .failed
            }
        self.init(code, path.string, "\(error)")
    }
}
