internal import GRDB
package import SnapModel
internal import SnapSystem
package import SystemPackage

/// What snapctl knows about volumes, snapshots and chunks: an SQLite database in WAL mode (DESIGN §4).
///
/// It holds nothing that the store does not, but for snapshots that are pending or failed, and for suspicions; so it can
/// be made again by `rebuild`. Any number of processes and threads may use one catalogue at once. Every method blocks
/// on the disk, and on a writer of another process for up to `busyTimeout`: call it from threads that may wait.
/// What a method has written is on the medium when it returns (`synchronous=FULL`), unless it says otherwise.
package final class Catalogue: Sendable {
    /// How long a transaction waits for another process before it fails as `busy`.
    package static let busyTimeout: Duration = .seconds(30)

    package let path: FilePath
    package let store: StoreID
    private let pool: DatabasePool
    let progress: ProgressConnection
    // After the connections: it is given back when they are closed.
    private let lock: FileLock

    /// Opens the catalogue of `store` at `path`, making it when it is missing, migrating it when it is old.
    /// The folder must exist.
    ///
    /// Throws `unsupportedFilesystem` on NFS and its like, `notADatabase`, `foreignStore`, `fromTheFuture`, `damaged`,
    /// `busy` while it is being rebuilt, `missing`, `permissionDenied`, `noSpace`.
    package static func open(at path: FilePath, store: StoreID) throws(CatalogueError) -> Catalogue {
        let file = CatalogueFile(path: path)
        let magic: UInt64
        do { magic = try file.filesystemMagic() } catch { throw CatalogueError(error, at: path) }
        return try open(file, store: store, filesystemMagic: magic)
    }

    /// `open`, with the answer of statfs(2) given.
    static func open(
        _ file: CatalogueFile,
        store: StoreID,
        filesystemMagic: UInt64
    ) throws(CatalogueError) -> Catalogue {
        try file.checkFilesystem(magic: filesystemMagic)
        try file.finishRebuild()
        guard let lock = try file.lock(.shared) else {
            throw CatalogueError(.busy, file.path.string, "is being rebuilt by another snapctl")
        }
        let pool = try file.connect(for: store)
        return Catalogue(path: file.path, store: store, pool: pool, lock: lock)
    }

    private init(path: FilePath, store: StoreID, pool: DatabasePool, lock: consuming FileLock) {
        self.path = path
        self.store = store
        self.pool = pool
        progress = ProgressConnection(path: path)
        self.lock = lock
    }

    deinit {
        progress.close()
        // The readers first, then the writer: the last connection folds the log into the database, which a reader may
        // not. A failure loses nothing: the next to open the catalogue finds the log and goes on with it.
        pool.releaseMemory()
        try? pool.close()
    }

    // MARK: - For the extensions of this type

    /// Runs `body` on one state of the database. Readers wait for nobody.
    func read<Result>(_ body: (Database) throws -> Result) throws(CatalogueError) -> Result {
        do {
            return try pool.read(body)
        } catch {
            throw CatalogueError(error, at: path)
        }
    }

    /// Runs `body` in one transaction that has the write lock from its beginning. It is durable when this returns, or
    /// without effect when this throws.
    @discardableResult
    func write<Result>(_ body: (Database) throws -> Result) throws(CatalogueError) -> Result {
        do {
            return try pool.write(body)
        } catch {
            throw CatalogueError(error, at: path)
        }
    }
}
