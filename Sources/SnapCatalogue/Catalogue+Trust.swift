internal import FoundationEssentials
internal import GRDB
package import SnapModel

/// A point in the history of lost trust: greater is later. Counts from the making of the catalogue, so it means nothing
/// after a rebuild; no process lives through one with the catalogue open.
package struct TrustGeneration: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }

    package var description: String { String(rawValue) }

    package static func < (left: TrustGeneration, right: TrustGeneration) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Who skips a block because its chunk is stored asks in this order: `trustGeneration`, `distrustedDigests`, then
/// `trusted`; and hands the generation to `complete`. What loses its trust at any time after the first step is found by
/// one of the others.
extension Catalogue {
    /// Distrusts a chunk that failed a read or a scrub: nobody skips a block for its sake until it is healed by a
    /// commit. Without effect on a digest that is not in the index, or distrusted already: false then.
    @discardableResult
    package func markSuspect(_ digest: Digest, reason: String) throws(CatalogueError) -> Bool {
        try write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE chunk SET distrust = 1 WHERE digest = ? AND distrust = 0"
            )
            try statement.execute(arguments: [digest.blob])
            guard database.changesCount == 1 else { return false }
            let log = try database.cachedStatement(sql: "INSERT INTO distrust (digest, reason) VALUES (?, ?)")
            try log.execute(arguments: [digest.blob, reason])
            return true
        }
    }

    /// Distrusts all that is in a pack. Reads the whole index, which has no order by pack: for accidents.
    package func markSuspects(in pack: PackID, reason: String) throws(CatalogueError) {
        try write { database in
            let chosen = "pack = (SELECT id FROM pack WHERE packId = ?) AND distrust = 0"
            let id = Data(pack.bytes)
            try database.execute(
                sql: "INSERT INTO distrust (digest, reason) SELECT digest, ? FROM chunk WHERE \(chosen)",
                arguments: [reason, id])
            try database.execute(sql: "UPDATE chunk SET distrust = 1 WHERE \(chosen)", arguments: [id])
        }
    }

    /// Notes chunks that snapshots need and that are nowhere in the store, so that nobody skips a block for their sake
    /// because a parent has it. Without effect on a digest that is in the index. A commit heals them like suspects.
    package func markMissing(_ digests: [Digest], reason: String) throws(CatalogueError) {
        guard !digests.isEmpty else { return }
        try write { database in
            // No pack has the number 0, so that it is found nowhere.
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO chunk (digest, pack, offset, storedByteCount, plainByteCount, codec, checksum, distrust)
                    VALUES (?, 0, 0, 0, 0, 0, 0, 1) ON CONFLICT DO NOTHING
                    """
            )
            let log = try database.cachedStatement(sql: "INSERT INTO distrust (digest, reason) VALUES (?, ?)")
            for digest in digests {
                try statement.execute(arguments: [digest.blob])
                if database.changesCount == 1 { try log.execute(arguments: [digest.blob, reason]) }
            }
        }
    }

    /// Whether the catalogue was rebuilt and it is not yet known which chunks its snapshots miss. Until then, a block that
    /// is as in an earlier snapshot proves nothing.
    package func awaitsJudgement() throws(CatalogueError) -> Bool {
        try read { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM meta WHERE key = 'unjudged')") ?? false }
    }

    /// Every chunk that a snapshot of a rebuilt catalogue misses is marked now.
    package func noteJudged() throws(CatalogueError) {
        try write { try $0.execute(sql: "DELETE FROM meta WHERE key = 'unjudged'") }
    }

    /// Where the history of lost trust is now.
    package func trustGeneration() throws(CatalogueError) -> TrustGeneration {
        try read { try $0.trustGeneration() }
    }

    /// All digests that are distrusted now; nil when there are more than `limit`.
    package func distrustedDigests(limit: Int) throws(CatalogueError) -> Set<Digest>? {
        precondition(limit >= 0, "a limit of \(limit) digests")
        let digests = try read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT digest FROM chunk WHERE distrust <> 0 LIMIT ?"
            )
            return try Set(Row.fetchCursor(statement, arguments: [limit + 1]).map { try $0.digest(0) })
        }
        return digests.count > limit ? nil : digests
    }
}

extension Database {
    func trustGeneration() throws -> TrustGeneration {
        let statement = try cachedStatement(sql: "SELECT coalesce(max(generation), 0) FROM distrust")
        return TrustGeneration(rawValue: try Int64.fetchOne(statement) ?? 0)
    }

    /// What lost its trust after `generation` and has not regained it; also what is gone from the index.
    func distrusted(since generation: TrustGeneration) throws -> Set<Digest> {
        let statement = try cachedStatement(
            sql: """
                SELECT d.digest FROM distrust d LEFT JOIN chunk c ON c.digest = d.digest
                WHERE d.generation > ? AND (c.digest IS NULL OR c.distrust <> 0)
                """
        )
        return try Set(Row.fetchCursor(statement, arguments: [generation.rawValue]).map { try $0.digest(0) })
    }
}
