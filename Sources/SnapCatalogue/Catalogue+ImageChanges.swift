internal import GRDB
internal import GRDBSQLite
package import SnapModel

/// What sizes are counted from: how each image differs from the one before it of its volume (docs/space.md). A cache:
/// what is not in it is found out from the manifests.
extension Catalogue {
    /// What came of reading the changes.
    package enum ChangesOutcome: Sendable {
        case read
        /// These are to be noted first.
        case unknown([UnknownChange])
    }

    /// Calls `begin` with all completed snapshots, those in the recycle bin too, ordered by volume and time; then `body`
    /// with each change of each, in that order, and with the number of the image; all as of one instant.
    package func readImageChanges(
        begin: ([SizedImage]) -> Void, _ body: (Int, ImageChange) -> Void
    ) throws(CatalogueError) -> ChangesOutcome {
        try read { database in
            let images = try database.sizedImages()
            let chains = ImageChains(images, bases: try database.changeBases())
            guard chains.unknown.isEmpty else { return .unknown(chains.unknown) }
            begin(images)
            for (number, path) in chains.paths.enumerated() {
                for snapshot in path { try database.forEachChange(of: snapshot) { body(number, $0) } }
            }
            return .read
        }
    }

    /// Where snapshots are gone, adds their changes to those of the next ones.
    package func bridgeImageChanges() throws(CatalogueError) {
        let bridges = try read { ImageChains(try $0.sizedImages(), bases: try $0.changeBases()).hasBridges }
        guard bridges else { return }
        try write { database in
            let images = try database.sizedImages()
            let chains = ImageChains(images, bases: try database.changeBases())
            for (number, path) in chains.paths.enumerated() where path.count > 1 {
                try database.join(path, base: chains.predecessor(of: number)?.snapshot)
            }
            let known = JSONArray.text(of: images.lazy.map(\.snapshot))
            try database.execute(
                sql: "DELETE FROM imageChange WHERE snapshotId NOT IN (SELECT value FROM json_each(?))",
                arguments: [known])
        }
    }

    /// Notes a part of the changes of an image, counted from 1. They count once `finishImageChange` says so.
    package func noteImageChange(
        _ change: UnknownChange, part: Int, _ changes: [ImageChange]
    ) throws(CatalogueError) {
        precondition(part > 0, "part \(part)")
        try write { database in
            if part == 1 { try database.forgetChanges(of: change.image.snapshot) }
            let statement = try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO imageChange (snapshotId, part, base, changes) VALUES (?, ?, ?, ?)"
            )
            try statement.execute(arguments: [
                change.image.snapshot.rawValue, part, change.base?.snapshot.rawValue, ImageChange.blob(of: changes),
            ])
        }
    }

    /// All `partCount` parts are noted. Without effect when some are gone again, for a chunk was stored anew meanwhile.
    package func finishImageChange(_ change: UnknownChange, partCount: Int) throws(CatalogueError) {
        try write { database in
            let count = try database.cachedStatement(
                sql: "SELECT count(*) FROM imageChange WHERE snapshotId = ? AND part > 0 AND base IS ?"
            )
            let (snapshot, base) = (change.image.snapshot.rawValue, change.base?.snapshot.rawValue)
            guard try Int.fetchOne(count, arguments: [snapshot, base]) == partCount else { return }
            let statement = try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO imageChange (snapshotId, part, base, changes) VALUES (?, 0, ?, x'')"
            )
            try statement.execute(arguments: [snapshot, base])
        }
    }

    /// Has the changes of these images found out anew, when they are asked for the next time.
    package func forgetImageChanges(of snapshots: [SnapshotID]) throws(CatalogueError) {
        guard !snapshots.isEmpty else { return }
        try write { database in
            for snapshot in snapshots { try database.forgetChanges(of: snapshot) }
        }
    }

    /// What chunks and pages take in packs; those that the index does not know are left out. Fastest when sorted.
    package func storedByteCounts(of digests: [Digest]) throws(CatalogueError) -> [Digest: Int] {
        try read { database in
            let statement = try database.cachedStatement(sql: "SELECT storedByteCount FROM chunk WHERE digest = ?")
            var counts: [Digest: Int] = [:]
            counts.reserveCapacity(digests.count)
            for digest in digests {
                counts[digest] = try Int.fetchOne(statement, arguments: [digest.blob])
            }
            return counts
        }
    }
}

extension Database {
    fileprivate func sizedImages() throws -> [SizedImage] {
        let statement = try cachedStatement(
            sql: """
                SELECT snapshotId, manifestRoot, volumeByteCount, coalesce(fullByteCount, 0), volume FROM snapshot
                WHERE state = 'completed' ORDER BY volume, startTime, snapshotId
                """
        )
        return try Array(
            Row.fetchCursor(statement).map { row in
                SizedImage(
                    snapshot: SnapshotID(wellFormed: try row.value(0)), root: PageID(try row.digest(1)),
                    volumeByteCount: try row.value(2), fullByteCount: try row.value(3), volumeKey: try row.value(4))
            }
        )
    }

    /// The base of each whole change.
    fileprivate func changeBases() throws -> [SnapshotID: SnapshotID?] {
        let cursor = try Row.fetchCursor(self, sql: "SELECT snapshotId, base FROM imageChange WHERE part = 0")
        var bases: [SnapshotID: SnapshotID?] = [:]
        while let row = try cursor.next() {
            let base: String? = try row.optional(1)
            bases.updateValue(base.map(SnapshotID.init(wellFormed:)), forKey: SnapshotID(wellFormed: try row.value(0)))
        }
        return bases
    }

    fileprivate func forEachChange(of snapshot: SnapshotID, _ body: (ImageChange) -> Void) throws {
        let statement = try cachedStatement(
            sql: "SELECT changes FROM imageChange WHERE snapshotId = ? ORDER BY part"
        )
        let cursor = try Row.fetchCursor(statement, arguments: [snapshot.rawValue])
        while try cursor.next() != nil { try StatementRow(statement).forEachChange(0, body) }
    }

    fileprivate func forgetChanges(of snapshot: SnapshotID) throws {
        let statement = try cachedStatement(sql: "DELETE FROM imageChange WHERE snapshotId = ?")
        try statement.execute(arguments: [snapshot.rawValue])
    }

    /// Makes the changes along a path those of its first snapshot, from `base`. Their order does not matter.
    fileprivate func join(_ path: [SnapshotID], base: SnapshotID?) throws {
        let first = path[0].rawValue
        for bridge in path.dropFirst() {
            let end = try Int.fetchOne(
                self, sql: "SELECT max(part) FROM imageChange WHERE snapshotId = ?", arguments: [first])
            try execute(
                sql: """
                    INSERT INTO imageChange (snapshotId, part, changes)
                    SELECT ?1, part + ?2, changes FROM imageChange WHERE snapshotId = ?3 AND part > 0
                    """,
                arguments: [first, end ?? 0, bridge.rawValue])
        }
        try execute(
            sql: "UPDATE imageChange SET base = ? WHERE snapshotId = ?", arguments: [base?.rawValue, first])
    }
}

/// How the changes that are known lead from each image to the one before it.
struct ImageChains {
    /// For each image, in order: whose changes together are those from its predecessor, itself first.
    private(set) var paths: [[SnapshotID]] = []
    private(set) var unknown: [UnknownChange] = []
    private let images: [SizedImage]
    private let knownCount: Int

    init(_ images: [SizedImage], bases: [SnapshotID: SnapshotID?]) {
        self.images = images
        knownCount = bases.count
        for (number, image) in images.enumerated() {
            let base = predecessor(of: number)
            let path = Self.path(from: image.snapshot, to: base?.snapshot, bases)
            if path == nil { unknown.append(UnknownChange(image: image, base: base)) }
            paths.append(path ?? [])
        }
    }

    /// The image before, of the same volume.
    func predecessor(of number: Int) -> SizedImage? {
        guard number > 0, images[number - 1].volumeKey == images[number].volumeKey else { return nil }
        return images[number - 1]
    }

    /// Whether changes of snapshots that are gone are there.
    var hasBridges: Bool { knownCount > images.count - unknown.count || paths.contains { $0.count > 1 } }

    private static func path(
        from snapshot: SnapshotID, to end: SnapshotID?, _ bases: [SnapshotID: SnapshotID?]
    ) -> [SnapshotID]? {
        var path: [SnapshotID] = []
        var next: SnapshotID? = snapshot
        while next != end {
            // A circle would be damage: what it leads to is found out anew.
            guard let current = next, let base = bases[current], path.count <= bases.count else { return nil }
            path.append(current)
            next = base
        }
        return path
    }
}
