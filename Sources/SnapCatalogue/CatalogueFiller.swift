internal import GRDB
package import SnapModel
internal import SystemPackage

/// Takes in what a store holds, for `Catalogue.rebuild`. Valid only within its closure, on one thread at a time.
///
/// The database has no journal and is not synced while it is filled: until it is finished, nobody else knows its name.
package final class CatalogueFiller {
    private let path: FilePath
    private let queue: DatabaseQueue
    private var waiting: [WaitingEntry] = []

    /// Entries are collected and sorted by digest before they are written: an index of random keys is filled many times
    /// faster in the order of its keys. 8 MiB of memory.
    private static let batchEntryCount = 65_536
    private static let cacheKibibyteCount = 65_536

    init(_ draft: CatalogueFile, store: StoreID) throws(CatalogueError) {
        path = draft.path
        do {
            var configuration = Configuration()
            configuration.label = "snapctl.rebuild"
            configuration.foreignKeysEnabled = false
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
                try database.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
                try database.execute(sql: "PRAGMA cache_size = -\(Self.cacheKibibyteCount)")
            }
            queue = try DatabaseQueue(path: draft.path.string, configuration: configuration)
            try draft.migrate(queue, for: store)
            try queue.write { try $0.execute(sql: "INSERT INTO meta (key, value) VALUES ('unjudged', '')") }
        } catch {
            throw CatalogueError(error, at: draft.path)
        }
    }

    /// A pack of the store. Of two places of one digest, that in the newer pack counts: it was written because the older
    /// one was not trusted, or at the same time by somebody who did not know of it.
    package func add(_ pack: SealedPack) throws(CatalogueError) {
        let key = try write { try $0.insert(pack) }
        for entry in pack.entries { waiting.append(WaitingEntry(entry: entry, packKey: key)) }
        if waiting.count >= Self.batchEntryCount { try writeEntries() }
    }

    /// A snapshot of the store. Of two records of one snapshot the higher revision counts; of equals the last.
    package func add(_ snapshot: Snapshot) throws(CatalogueError) {
        try write { try $0.importSnapshot(snapshot) }
    }

    /// A volume of the store that has a record of its own. After the snapshots.
    package func add(_ volume: Volume) throws(CatalogueError) {
        try write { try $0.adoptRecorded(volume) }
    }

    /// Writes what is still waiting, and closes the database.
    func finish() throws(CatalogueError) {
        try writeEntries()
        do {
            try queue.close()
        } catch {
            throw CatalogueError(error, at: path)
        }
    }

    private func writeEntries() throws(CatalogueError) {
        waiting.sort { $0.entry.digest < $1.entry.digest }
        try write { database in
            let statement = try database.cachedStatement(sql: Self.insertion)
            for entry in waiting {
                try statement.execute(arguments: ChunkRow.arguments(entry.entry, entry.packKey))
            }
        }
        waiting.removeAll(keepingCapacity: true)
    }

    /// Compares the ids of the packs, which sort by time, only where a digest comes twice.
    private static let insertion = """
        INSERT INTO chunk (digest, pack, offset, storedByteCount, plainByteCount, codec, checksum)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET pack = excluded.pack, offset = excluded.offset,
            storedByteCount = excluded.storedByteCount, plainByteCount = excluded.plainByteCount,
            codec = excluded.codec, checksum = excluded.checksum
        WHERE (SELECT packId FROM pack WHERE id = excluded.pack) > (SELECT packId FROM pack WHERE id = chunk.pack)
        """

    private func write<Result>(_ body: (Database) throws -> Result) throws(CatalogueError) -> Result {
        do {
            return try queue.write(body)
        } catch {
            throw CatalogueError(error, at: path)
        }
    }

    private struct WaitingEntry {
        var entry: PackEntry
        var packKey: Int64
    }
}
