internal import GRDB
package import SnapModel

package enum SnapshotOrder: Sendable {
    /// By StartTime; of equal ones, by the order in which they were recorded.
    case newestFirst, oldestFirst
}

/// Which snapshots a query is about.
package enum SnapshotPlace: Sendable {
    /// Those that were not deleted.
    case listed
    case recycleBin
    /// All whose chunks are still needed.
    case anywhere

    /// The rest of a WHERE.
    var condition: String {
        switch self {
        case .listed: "s.binEnterTime IS NULL"
        case .recycleBin: "s.binEnterTime IS NOT NULL"
        case .anywhere: "1"
        }
    }
}

extension Catalogue {
    /// Throws `unknownSnapshot`, by default also for one that is in the recycle bin.
    package func snapshot(_ id: SnapshotID, in place: SnapshotPlace = .listed) throws(CatalogueError) -> Snapshot {
        let found = try read {
            try $0.snapshots("WHERE s.snapshotId = ? AND \(place.condition)", [id.rawValue]).first
        }
        guard let found else { throw CatalogueError.unknown(id) }
        return found
    }

    /// All snapshots, or those of `ids` (each once, whatever the order and repetition of the ids), as they are at one
    /// instant. Tags are sorted by key. Throws `unknownSnapshot` for the first id that there is none of.
    package func snapshots(
        _ ids: [SnapshotID]? = nil,
        order: SnapshotOrder = .newestFirst,
        in place: SnapshotPlace = .listed
    ) throws(CatalogueError) -> [Snapshot] {
        let direction = order == .newestFirst ? "DESC" : "ASC"
        let sorted = "AND \(place.condition) ORDER BY s.startTime \(direction), s.id \(direction)"
        guard let ids else {
            return try read { try $0.snapshots("WHERE 1 \(sorted)", isEverything: place != .recycleBin) }
        }
        let found = try read { database in
            try database.snapshots(
                "WHERE s.snapshotId IN (SELECT value FROM json_each(?)) \(sorted)",
                [JSONArray.text(of: ids)]
            )
        }
        let known = Set(found.map(\.id))
        if let unknown = ids.first(where: { !known.contains($0) }) { throw CatalogueError.unknown(unknown) }
        return found
    }

    /// The last started of the completed snapshots of a volume: the one to compare with.
    package func latestCompleted(of volume: VolumeID) throws(CatalogueError) -> Snapshot? {
        try read { database in
            try database.snapshots(
                """
                WHERE s.volume = (SELECT id FROM volume WHERE volumeId = ?) AND s.state = 'completed'
                    AND s.binEnterTime IS NULL
                ORDER BY s.startTime DESC, s.id DESC LIMIT 1
                """,
                [volume.rawValue]
            ).first
        }
    }

    /// Those with a lock, also one that has expired; the last locked first.
    package func lockedSnapshots() throws(CatalogueError) -> [Snapshot] {
        try read {
            try $0.snapshots(
                "WHERE s.lockMode IS NOT NULL AND s.binEnterTime IS NULL ORDER BY s.lockCreateTime DESC, s.id DESC")
        }
    }

    /// Those in the recycle bin whose time there is over.
    package func expiredInBin(at time: Timestamp) throws(CatalogueError) -> [Snapshot] {
        try read {
            try $0.snapshots(
                "WHERE s.binEnterTime IS NOT NULL AND s.binExitTime <= ? ORDER BY s.binExitTime, s.id",
                [time.millisecondsSinceEpoch])
        }
    }

    /// The snapshots that were taken at one instant, in the order in which they were recorded.
    package func snapshots(inSet set: SnapshotSetID) throws(CatalogueError) -> [Snapshot] {
        try read { try $0.snapshots("WHERE s.setId = ? AND s.binEnterTime IS NULL ORDER BY s.id", [set.rawValue]) }
    }
}

/// The argument of json_each(): any number of ids in one parameter, so that one statement serves all.
enum JSONArray {
    /// Ids need no escapes: they are letters, digits and a hyphen.
    static func text(of ids: some Sequence<some ResourceID>) -> String {
        "[" + ids.map { "\"\($0.rawValue)\"" }.joined(separator: ",") + "]"
    }
}
