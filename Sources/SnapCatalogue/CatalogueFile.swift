internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// The files of a catalogue, looked at before SQLite touches them: opening a stranger's database would change it.
struct CatalogueFile {
    let path: FilePath

    /// Held shared while a catalogue is open, exclusively while it is replaced.
    var useLock: FilePath { FilePath(path.string + ".lock") }

    /// Held exclusively while it is made or migrated: SQLite's own locks do not cover the change to WAL mode.
    var openingLock: FilePath { FilePath(path.string + ".opening") }

    /// A rebuilt database that is whole and durable, on its way to be the database.
    var successor: FilePath { FilePath(path.string + ".rebuilt") }

    /// The database and what SQLite keeps beside it.
    var databaseFiles: [FilePath] { ["", "-wal", "-shm", "-journal"].map { FilePath(path.string + $0) } }

    var folder: FilePath {
        let parent = path.removingLastComponent()
        return parent.isEmpty ? "." : parent
    }

    /// The magic number of the filesystem of the folder.
    func filesystemMagic() throws(SystemError) -> UInt64 {
        try OwnedDescriptor(opening: folder, .readOnly, options: .directory).filesystemMagic()
    }

    /// Throws `unsupportedFilesystem` where SQLite's write-ahead log is not safe.
    func checkFilesystem(magic: UInt64) throws(CatalogueError) {
        guard let filesystem = UnsuitableFilesystem(magic: magic) else { return }
        throw CatalogueError(.unsupportedFilesystem, path.string, filesystem.explanation)
    }

    /// Throws `notADatabase` unless the file is missing, empty, or marked as a catalogue in its header
    /// (https://www.sqlite.org/fileformat2.html#the_database_header).
    func checkHeader() throws(CatalogueError) {
        let header: [UInt8]
        do throws(SystemError) {
            header = try File.read(path, upTo: Self.headerByteCount)
        } catch {
            if error.code == .noSuchFileOrDirectory { return }
            throw CatalogueError(error, at: path)
        }
        if header.isEmpty { return }
        guard header.count == Self.headerByteCount, header.starts(with: Self.headerStart) else {
            throw CatalogueError(.notADatabase, path.string, "is no SQLite database")
        }
        let applicationID = header[Self.applicationIDRange].reduce(0) { $0 << 8 | UInt32($1) }
        guard applicationID == Schema.applicationID else {
            throw CatalogueError(
                .notADatabase,
                path.string,
                "is an SQLite database, but no catalogue of snapctl"
            )
        }
    }

    private static let headerByteCount = 100
    private static let headerStart = Array("SQLite format 3\0".utf8)
    private static let applicationIDRange = 68..<72
}
