internal import GRDB

/// How much there is.
package struct CatalogueStatistics: Hashable, Sendable {
    package var volumeCount = 0
    /// In every state.
    package var snapshotCount = 0
    /// Bytes of the blocks of completed snapshots that are not zero, as if each snapshot stood alone.
    package var snapshotFullByteCount = 0
    package var packCount = 0
    package var packByteCount = 0
    /// Entries of the index: chunks and manifest pages.
    package var chunkCount = 0
    package var distrustedChunkCount = 0
    /// Before and after compression.
    package var chunkPlainByteCount = 0
    package var chunkStoredByteCount = 0

    package init() {}
}

extension Catalogue {
    /// Counts everything, at one instant. Reads the whole index: about a second for ten million chunks.
    package func statistics() throws(CatalogueError) -> CatalogueStatistics {
        try read { database in
            var statistics = CatalogueStatistics()
            statistics.volumeCount = try database.figures("SELECT count(*) FROM volume")[0]
            let snapshots = try database.figures(
                "SELECT count(*), coalesce(sum(fullByteCount), 0) FROM snapshot"
            )
            (statistics.snapshotCount, statistics.snapshotFullByteCount) = (snapshots[0], snapshots[1])
            let packs = try database.figures("SELECT count(*), coalesce(sum(byteCount), 0) FROM pack WHERE retired = 0")
            (statistics.packCount, statistics.packByteCount) = (packs[0], packs[1])
            let chunks = try database.figures(
                """
                SELECT count(*), coalesce(sum(plainByteCount), 0), coalesce(sum(storedByteCount), 0),
                    coalesce(sum(distrust <> 0), 0)
                FROM chunk
                """
            )
            (statistics.chunkCount, statistics.chunkPlainByteCount) = (chunks[0], chunks[1])
            (statistics.chunkStoredByteCount, statistics.distrustedChunkCount) = (chunks[2], chunks[3])
            return statistics
        }
    }
}

extension Database {
    /// The columns of the one row of a query, all whole numbers.
    fileprivate func figures(_ sql: String) throws -> [Int] {
        guard let row = try Row.fetchOne(self, sql: sql) else { return [] }
        return try (0..<row.count).map { try row.value($0) }
    }
}
