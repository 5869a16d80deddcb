internal import GRDB
package import SnapModel

/// What must hold before condemned chunks may go.
package struct RetirementRule: Sendable {
    /// The completed snapshots whose manifests were read, and whose chunks are not among those that are to go.
    package var known: Set<SnapshotID>
    /// Pending snapshots that nobody carries on: they ask anew before they believe anything.
    package var workerless: Set<SnapshotID>
    /// What was condemned before this goes, even if a pending snapshot began earlier: that finds out when it completes.
    package var graceStart: Timestamp

    package init(known: Set<SnapshotID>, workerless: Set<SnapshotID>, graceStart: Timestamp) {
        self.known = known
        self.workerless = workerless
        self.graceStart = graceStart
    }
}

/// What became of an attempt to retire packs.
package enum RetirementOutcome: Hashable, Sendable {
    /// Nothing was changed: these snapshots were completed meanwhile, and what they need is to be found out first.
    case unknown([KeptImage])
    /// These packs have nothing in the index any more; the others stay, for the time being.
    case retired([PackID: BodyCount])
}

extension Catalogue {
    /// Takes out of the index what is condemned in `packs`, and marks those packs as retired in which nothing is left.
    /// Looking at the snapshots and changing the index are one transaction.
    ///
    /// A pack stays as it is while something in it is trusted, and while a pending snapshot may have come to rely on it
    /// before it was condemned.
    package func retire(
        _ packs: [DoomedPack], under rule: RetirementRule
    ) throws(CatalogueError) -> RetirementOutcome {
        try write { database in
            let unknown = try database.keptImages().filter { !rule.known.contains($0.snapshot) }
            guard unknown.isEmpty else { return .unknown(unknown) }
            let bounds = try database.retirementBounds(rule)
            var retired: [PackID: BodyCount] = [:]
            for pack in packs { retired[pack.id] = try database.retire(pack, bounds) }
            return .retired(retired)
        }
    }

    /// The packs whose files are to be removed.
    package func retiredPacks() throws(CatalogueError) -> [PackID] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT packId FROM pack WHERE retired <> 0 ORDER BY packId"
            )
            return try Array(Row.fetchCursor(statement).map { try $0.packID(0) })
        }
    }

    /// Forgets retired packs whose files are gone, durably.
    package func forget(_ retired: [PackID]) throws(CatalogueError) {
        try write { database in
            let statement = try database.cachedStatement(sql: "DELETE FROM pack WHERE packId = ? AND retired <> 0")
            for id in retired { try statement.execute(arguments: [id.blob]) }
        }
    }

    /// Forgets the part of the history of lost trust that nobody can ask for any more: what is older than every pending
    /// snapshot, and than the last condemnation before `time`.
    package func forgetDistrust(before time: Timestamp) throws(CatalogueError) {
        try write { database in
            let condemned = try Int64.fetchOne(
                try database.cachedStatement(sql: "SELECT max(generation) FROM condemnation WHERE time < ?"),
                arguments: [time.millisecondsSinceEpoch])
            guard let condemned else { return }
            let pending = try Int64.fetchOne(
                try database.cachedStatement(
                    sql: "SELECT min(coalesce(trustGeneration, 0)) FROM snapshot WHERE state = 'pending'"))
            let end = min(condemned, pending ?? condemned)
            // The last line of the history tells where it is now, and stays.
            for sql in [
                "DELETE FROM distrust WHERE generation <= ?1 AND generation < (SELECT max(generation) FROM distrust)",
                "DELETE FROM condemnation WHERE generation < ?1",
            ] {
                try database.cachedStatement(sql: sql).execute(arguments: [end])
            }
        }
    }
}

/// Generations that decide which packs may go.
private struct RetirementBounds {
    /// Where the oldest run that is under way began; nil when there is none.
    var oldestRun: Int64?
    /// What was condemned up to here goes in any case.
    var graceEnd: Int64

    func allow(_ condemned: Int64) -> Bool {
        guard let oldestRun else { return true }
        return condemned <= oldestRun || condemned <= graceEnd
    }
}

extension Database {
    /// A pack that is retired holds nothing to be relied on, and its file may be gone.
    func refuseRetired(_ pack: PackID) throws {
        let statement = try cachedStatement(sql: "SELECT retired FROM pack WHERE packId = ?")
        guard try Bool.fetchOne(statement, arguments: [pack.blob]) == true else { return }
        throw CatalogueError(.failed, "pack \(pack)", "was removed by 'snapctl gc'")
    }

    fileprivate func retirementBounds(_ rule: RetirementRule) throws -> RetirementBounds {
        let pending = try cachedStatement(
            sql: """
                SELECT snapshotId, trustGeneration FROM snapshot
                WHERE state = 'pending' AND trustGeneration IS NOT NULL
                """
        )
        let runs = try Array(
            Row.fetchCursor(pending).map { (SnapshotID(wellFormed: try $0.value(0)), try $0.value(1) as Int64) }
        )
        let grace = try cachedStatement(
            sql: "SELECT coalesce(max(generation), -1) FROM condemnation WHERE time <= ?"
        )
        return RetirementBounds(
            oldestRun: runs.filter { !rule.workerless.contains($0.0) }.map(\.1).min(),
            graceEnd: try Int64.fetchOne(grace, arguments: [rule.graceStart.millisecondsSinceEpoch]) ?? -1)
    }

    /// nil when the pack stays.
    fileprivate func retire(_ pack: DoomedPack, _ bounds: RetirementBounds) throws -> BodyCount? {
        let find = try cachedStatement(sql: "SELECT id, condemned FROM pack WHERE packId = ? AND retired = 0")
        guard let row = try Row.fetchOne(find, arguments: [pack.id.blob]) else { return nil }
        let key: Int64 = try row.value(0)
        guard let condemned: Int64 = try row.optional(1), bounds.allow(condemned) else { return nil }
        guard let (found, count) = try removable(pack, key) else { return nil }
        let delete = try cachedStatement(sql: "DELETE FROM chunk WHERE digest = ?")
        for digest in found { try delete.execute(arguments: [digest.blob]) }
        try cachedStatement(sql: "UPDATE pack SET retired = 1 WHERE id = ?").execute(arguments: [key])
        return count
    }

    /// What the index finds in a pack; nil when any of it is trusted or needed.
    private func removable(_ pack: DoomedPack, _ key: Int64) throws -> ([Digest], BodyCount)? {
        let look = try cachedStatement(
            sql: "SELECT distrust, storedByteCount FROM chunk WHERE digest = ? AND pack = ?"
        )
        var (found, count): ([Digest], BodyCount) = ([], BodyCount())
        for digest in pack.digests {
            guard let row = try Row.fetchOne(look, arguments: [digest.blob, key]) else { continue }
            guard try row.value(0) as Int != 0, pack.unneeded.contains(digest) else { return nil }
            found.append(digest)
            count.add(try row.value(1))
        }
        return (found, count)
    }
}
