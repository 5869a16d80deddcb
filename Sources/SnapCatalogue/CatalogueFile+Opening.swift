internal import GRDB
internal import Glibc
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

extension CatalogueFile {
    /// Takes the lock that all users of the catalogue share. nil when somebody holds it the other way.
    func lock(_ mode: FileLock.Mode) throws(CatalogueError) -> FileLock? {
        do throws(SystemError) {
            return try FileLock.acquire(useLock, mode)
        } catch {
            throw CatalogueError(error, at: path)
        }
    }

    /// Opens connections to a catalogue that is of this store and of the newest schema, making it so if it must.
    func connect(for store: StoreID) throws(CatalogueError) -> DatabasePool {
        do {
            let opening = try waitForOpeningLock()
            try checkHeader()
            let pool = try DatabasePool(path: path.string, configuration: Self.configuration)
            // GRDB sets NORMAL when it turns WAL on, hence after it.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try migrate(pool, for: store)
            // Held until here.
            _ = consume opening
            return pool
        } catch {
            throw CatalogueError(error, at: path)
        }
    }

    /// Throws `foreignStore` and `fromTheFuture` before anything is changed.
    func migrate(_ writer: some DatabaseWriter, for store: StoreID) throws {
        let migrator = Schema.migrator(for: store)
        let isCurrent = try writer.read { database in
            guard try database.tableExists("grdb_migrations") else { return false }
            if try migrator.hasBeenSuperseded(database) {
                throw CatalogueError(.fromTheFuture, path.string, "was made by a newer snapctl")
            }
            try checkStore(database, store)
            return try migrator.hasCompletedMigrations(database)
        }
        if !isCurrent { try migrator.migrate(writer) }
    }

    private func checkStore(_ database: Database, _ store: StoreID) throws {
        guard try database.tableExists("meta") else { return }
        let found = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'store'")
        guard found == store.rawValue else {
            throw CatalogueError(
                .foreignStore,
                path.string,
                "belongs to store \(found ?? "(none)"), not to \(store) beside it"
            )
        }
    }

    private func waitForOpeningLock() throws -> FileLock {
        let waited = Stopwatch()
        while waited.elapsed < Catalogue.busyTimeout {
            if let lock = try FileLock.acquire(openingLock, .exclusive) { return lock }
            usleep(Self.lockPollMicroseconds)
        }
        throw CatalogueError(.busy, path.string, "is being opened by another snapctl")
    }

    private static let lockPollMicroseconds: UInt32 = 2_000

    /// Of all connections: one writer, and readers as they are asked for.
    static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "snapctl.catalogue"
        configuration.busyMode = .timeout(Catalogue.busyTimeout / .seconds(1))
        configuration.maximumReaderCount = maximumReaderCount
        configuration.prepareDatabase { database in
            // GRDB gives readers another timeout than the writer.
            try database.execute(
                sql: "PRAGMA busy_timeout = \(Int(Catalogue.busyTimeout / .milliseconds(1)))"
            )
            try database.execute(sql: "PRAGMA cache_size = -\(cacheKibibyteCount)")
            guard !database.configuration.readonly else { return }
            try markIfEmpty(database)
        }
        return configuration
    }

    /// Marks an empty file as a catalogue, in the first bytes that are ever written to it.
    private static func markIfEmpty(_ database: Database) throws {
        guard try Int.fetchOne(database, sql: "PRAGMA page_count") == 0 else { return }
        try database.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
    }

    /// As many as there are hashing threads that ask at once, on most machines.
    private static let maximumReaderCount = 8
    /// A connection's share of memory: together they stay below 40 MiB.
    private static let cacheKibibyteCount = 4_096
}
