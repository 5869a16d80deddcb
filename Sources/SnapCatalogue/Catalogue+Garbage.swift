internal import GRDB
package import SnapModel

/// The steps of a collection of garbage, in their order; each is one transaction (docs/space.md).
extension Catalogue {
    /// The images of all completed snapshots, those in the recycle bin too.
    package func keptImages() throws(CatalogueError) -> [KeptImage] { try read { try $0.keptImages() } }

    /// The pages that workers of pending snapshots noted as finished.
    package func checkpointedPages() throws(CatalogueError) -> [PageID] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT DISTINCT page FROM checkpoint WHERE page IS NOT NULL"
            )
            return try Array(Row.fetchCursor(statement).map { PageID(try $0.digest(0)) })
        }
    }

    /// When the first of those of `ids` was begun that are pending still.
    package func oldestStart(of ids: [SnapshotID]) throws(CatalogueError) -> Timestamp? {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT min(startTime) FROM snapshot
                    WHERE state = 'pending' AND snapshotId IN (SELECT value FROM json_each(?))
                    """
            )
            return try Int64.fetchOne(statement, arguments: [JSONArray.text(of: ids)])
                .map(Timestamp.init(millisecondsSinceEpoch:))
        }
    }

    /// How much of each pack is needed. Reads the whole index, at one instant: about a second for ten million chunks.
    /// `onCondemned` is told of those that are needed and condemned all the same.
    package func packUses(
        isNeeded: (Digest) -> Bool, onCondemned: (Digest) -> Void
    ) throws(CatalogueError) -> [PackUse] {
        try read { database in
            var uses = try database.emptyPackUses()
            let statement = try database.cachedStatement(
                sql: "SELECT digest, pack, storedByteCount, distrust FROM chunk WHERE pack <> 0"
            )
            let cursor = try Row.fetchCursor(statement)
            while try cursor.next() != nil {
                let row = StatementRow(statement)
                let (digest, byteCount, distrust) = (
                    try row.digest(0), try row.value(2) as Int, try row.value(3) as Int
                )
                let isNeeded = isNeeded(digest)
                if isNeeded, distrust == Distrust.condemned { onCondemned(digest) }
                let key: Int64 = try row.value(1)
                if isNeeded { uses[key]?.needed.add(byteCount) } else { uses[key]?.unneeded.add(byteCount) }
            }
            return uses.values.sorted { $0.id < $1.id }
        }
    }

    /// What the index finds in a pack. Reads the whole index: for a pack that cannot tell itself any more.
    package func digests(in pack: PackID) throws(CatalogueError) -> [Digest] {
        try read { database in
            let cursor = try Row.fetchCursor(
                database, sql: "SELECT digest FROM chunk WHERE pack = (SELECT id FROM pack WHERE packId = ?)",
                arguments: [pack.blob])
            return try Array(cursor.map { try $0.digest(0) })
        }
    }

    /// Distrusts what is found in `packs` and that nobody needs, so that nobody skips a block for its sake from now on.
    package func condemn(_ packs: [DoomedPack], at time: Timestamp) throws(CatalogueError) {
        try write { database in
            var fresh: [PackID] = []
            for pack in packs where try database.condemn(pack) { fresh.append(pack.id) }
            let now = try database.trustGeneration()
            let mark = try database.cachedStatement(sql: "UPDATE pack SET condemned = ? WHERE packId = ?")
            for id in fresh { try mark.execute(arguments: [now.rawValue, id.blob]) }
            let note = try database.cachedStatement(
                sql: "INSERT OR IGNORE INTO condemnation (generation, time) VALUES (?, ?)"
            )
            if !fresh.isEmpty { try note.execute(arguments: [now.rawValue, time.millisecondsSinceEpoch]) }
        }
    }

    /// Trusts condemned chunks again that are needed after all. Returns those of `digests` that were condemned; what is
    /// suspect, or gone from the index, stays so.
    @discardableResult
    package func reprieve(_ digests: some Sequence<Digest>) throws(CatalogueError) -> Set<Digest> {
        try write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE chunk SET distrust = 0 WHERE digest = ? AND distrust = \(Distrust.condemned)"
            )
            var reprieved: Set<Digest> = []
            for digest in digests {
                try statement.execute(arguments: [digest.blob])
                if database.changesCount == 1 { reprieved.insert(digest) }
            }
            return reprieved
        }
    }

    /// Makes chunks found in a new pack that is durable, and holds copies of them. What has moved elsewhere since stays
    /// there; what is distrusted stays so.
    package func relocate(_ entries: [MovedEntry], to pack: SealedPack) throws(CatalogueError) {
        try write { database in
            let key = try database.insert(pack)
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE chunk SET pack = ?, offset = ?
                    WHERE digest = ? AND offset = ? AND pack = (SELECT id FROM pack WHERE packId = ?)
                    """
            )
            for moved in entries {
                try statement.execute(arguments: [
                    key, moved.entry.offset, moved.entry.digest.blob, moved.oldOffset, moved.oldPack.blob,
                ])
            }
        }
    }
}

/// The values of column `distrust`.
enum Distrust {
    static let suspect = 1
    static let condemned = 2
}

extension Database {
    func keptImages() throws -> [KeptImage] {
        let statement = try cachedStatement(
            sql: "SELECT snapshotId, manifestRoot FROM snapshot WHERE state = 'completed'"
        )
        return try Array(
            Row.fetchCursor(statement).map { row in
                KeptImage(snapshot: SnapshotID(wellFormed: try row.value(0)), root: PageID(try row.digest(1)))
            }
        )
    }

    /// By the numbers that the index has for packs.
    fileprivate func emptyPackUses() throws -> [Int64: PackUse] {
        let cursor = try Row.fetchCursor(
            self, sql: "SELECT id, packId, kind, byteCount, chunkCount FROM pack WHERE retired = 0")
        var uses: [Int64: PackUse] = [:]
        while let row = try cursor.next() {
            guard let kind = PackKind(rawValue: try row.value(2)) else { throw Row.malformed("the kind of a pack") }
            uses[try row.value(0)] = PackUse(
                id: try row.packID(1), kind: kind, byteCount: try row.value(3), entryCount: try row.value(4))
        }
        return uses
    }

    /// False when all was distrusted already, and the pack marked as condemned.
    fileprivate func condemn(_ pack: DoomedPack) throws -> Bool {
        guard let key = try packKey(pack.id) else { return false }
        let update = try cachedStatement(
            sql: "UPDATE chunk SET distrust = \(Distrust.condemned) WHERE digest = ? AND pack = ? AND distrust = 0"
        )
        let log = try cachedStatement(sql: "INSERT INTO distrust (digest, reason) VALUES (?, 'nobody needed it')")
        let condemned = try cachedStatement(sql: "SELECT condemned IS NULL FROM pack WHERE id = ?")
        var isFresh = try Bool.fetchOne(condemned, arguments: [key]) ?? false
        for digest in pack.unneeded {
            try update.execute(arguments: [digest.blob, key])
            guard changesCount == 1 else { continue }
            try log.execute(arguments: [digest.blob])
            isFresh = true
        }
        return isFresh
    }
}
