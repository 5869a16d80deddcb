internal import GRDB
package import SnapModel

/// What a commit made of the entries of a pack.
package struct EntryCounts: Hashable, Sendable {
    /// Unknown before: they are found here from now on.
    package var new = 0
    /// Kept where they were; the bytes in this pack are not needed.
    package var duplicate = 0
    /// Known at a place that was distrusted: they are found here from now on, and trusted again.
    package var healed = 0
    /// Bytes in the pack of those that are new or healed.
    package var usedByteCount = 0

    package init() {}

    package static func + (left: EntryCounts, right: EntryCounts) -> EntryCounts {
        var sum = left
        sum.new += right.new
        sum.duplicate += right.duplicate
        sum.healed += right.healed
        sum.usedByteCount += right.usedByteCount
        return sum
    }
}

package struct CommitOutcome: Hashable, Sendable {
    /// In the order of the packs that were given.
    package var packs: [EntryCounts]

    package init(packs: [EntryCounts]) { self.packs = packs }

    package var total: EntryCounts { packs.reduce(EntryCounts(), +) }
}

extension Catalogue {
    /// Those of `digests` that need not be stored: committed, and not distrusted. For the hashing threads: a read
    /// transaction and one look-up each, about 50 µs for four, never waiting for a writer.
    package func trusted(_ digests: [Digest]) throws(CatalogueError) -> Set<Digest> {
        try read { database in
            let statement = try database.cachedStatement(sql: "SELECT distrust FROM chunk WHERE digest = ?")
            var trusted: Set<Digest> = []
            for digest in digests where try Int.fetchOne(statement, arguments: [digest.blob]) == 0 {
                trusted.insert(digest)
            }
            return trusted
        }
    }

    /// Where each of `digests` is, distrusted ones also: a suspect may still be whole. Those not known are left out.
    package func locations(of digests: [Digest]) throws(CatalogueError) -> [Digest: ChunkLocation] {
        try read { database in
            let statement = try database.cachedStatement(sql: ChunkRow.selection)
            var locations: [Digest: ChunkLocation] = [:]
            locations.reserveCapacity(digests.count)
            for digest in digests {
                // A cursor lends its row; fetchOne would copy it.
                let cursor = try Row.fetchCursor(statement, arguments: [digest.blob])
                guard let row = try cursor.next() else { continue }
                locations[digest] = try ChunkRow.location(of: digest, row)
            }
            return locations
        }
    }

    /// Makes the chunks of packs usable that are durable under their final names: all or none, in one transaction.
    ///
    /// A trusted chunk keeps its place; a distrusted one moves to the new place and is trusted again. Committing a pack
    /// twice changes nothing, so a commit whose fate is unknown may be repeated.
    package func commit(_ packs: [SealedPack]) throws(CatalogueError) -> CommitOutcome {
        try write { database in CommitOutcome(packs: try packs.map { try database.commit($0) }) }
    }

    /// Whether the pack was committed.
    package func contains(pack: PackID) throws(CatalogueError) -> Bool {
        try read { try $0.packKey(pack) != nil }
    }

    /// All packs that were committed, sorted.
    package func packIDs() throws(CatalogueError) -> [PackID] {
        try read { database in
            let cursor = try Row.fetchCursor(database, sql: "SELECT packId FROM pack ORDER BY packId")
            return try Array(cursor.map { try $0.packID(0) })
        }
    }
}

extension Database {
    fileprivate func commit(_ pack: SealedPack) throws -> EntryCounts {
        let key = try insert(pack)
        var counts = EntryCounts()
        for entry in pack.entries {
            if try insert(entry, packKey: key) {
                counts.new += 1
                counts.usedByteCount += entry.storedByteCount
            } else if try heal(entry, packKey: key) {
                counts.healed += 1
                counts.usedByteCount += entry.storedByteCount
            } else {
                counts.duplicate += 1
            }
        }
        return counts
    }

    /// The number of the row, also of a pack that is there already.
    func insert(_ pack: SealedPack) throws -> Int64 {
        if let key = try packKey(pack.id) {
            try refuseRetired(pack.id)
            return key
        }
        let statement = try cachedStatement(
            sql: "INSERT INTO pack (packId, kind, byteCount, chunkCount) VALUES (?, ?, ?, ?)"
        )
        try statement.execute(arguments: [
            pack.id.blob, pack.kind.rawValue, pack.byteCount, pack.entries.count,
        ])
        return lastInsertedRowID
    }

    func packKey(_ id: PackID) throws -> Int64? {
        try Int64.fetchOne(
            try cachedStatement(sql: "SELECT id FROM pack WHERE packId = ?"),
            arguments: [id.blob]
        )
    }

    /// False when the digest is known already.
    private func insert(_ entry: PackEntry, packKey: Int64) throws -> Bool {
        let statement = try cachedStatement(
            sql: """
                INSERT INTO chunk (digest, pack, offset, storedByteCount, plainByteCount, codec, checksum)
                VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """
        )
        try statement.execute(arguments: ChunkRow.arguments(entry, packKey))
        return changesCount == 1
    }

    /// False when the digest is trusted, or distrusted at this very place: what failed there is not mended by being
    /// committed again.
    private func heal(_ entry: PackEntry, packKey: Int64) throws -> Bool {
        let statement = try cachedStatement(
            sql: """
                UPDATE chunk SET pack = ?2, offset = ?3, storedByteCount = ?4, plainByteCount = ?5, codec = ?6,
                    checksum = ?7, distrust = 0
                WHERE digest = ?1 AND distrust <> 0 AND pack <> ?2
                """
        )
        try statement.execute(arguments: ChunkRow.arguments(entry, packKey))
        return changesCount == 1
    }
}
