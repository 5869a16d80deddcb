internal import GRDB

/// What packs take, without a look at the index of chunks.
package struct PackTotals: Hashable, Sendable {
    package var packCount = 0
    package var packByteCount = 0
    /// Chunks and pages that could not be read when they were last needed.
    package var suspectChunkCount = 0

    package init() {}
}

extension Catalogue {
    /// Quick also with a hundred million chunks: an index has those that are distrusted.
    package func packTotals() throws(CatalogueError) -> PackTotals {
        try read { database in
            var totals = PackTotals()
            let packs = try Row.fetchOne(database, sql: "SELECT count(*), coalesce(sum(byteCount), 0) FROM pack")
            if let packs { (totals.packCount, totals.packByteCount) = (try packs.value(0), try packs.value(1)) }
            let suspects = try Row.fetchOne(
                database, sql: "SELECT coalesce(sum(distrust = 1), 0) FROM chunk WHERE distrust <> 0")
            if let suspects { totals.suspectChunkCount = try suspects.value(0) }
            return totals
        }
    }
}
