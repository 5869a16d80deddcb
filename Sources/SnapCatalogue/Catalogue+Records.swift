internal import GRDB
package import SnapModel

/// Snapshots and volumes whose records in the store are to change, or may have changed.
package struct RecordSet: Hashable, Sendable {
    package var snapshots: [SnapshotID]
    package var volumes: [VolumeID]

    package init(snapshots: [SnapshotID] = [], volumes: [VolumeID] = []) {
        self.snapshots = snapshots
        self.volumes = volumes
    }

    package var isEmpty: Bool { snapshots.isEmpty && volumes.isEmpty }
}

/// A change of records is three steps: `beginChange`, the records in the store, `finishChange`. Whoever finds a change begun
/// that nobody is at reads the records, whose revisions tell how far it came. One process at a time changes records.
extension Catalogue {
    /// Notes that the records of these may be ahead of the catalogue from now on. Throws `unknownSnapshot`, `unknownVolume`.
    package func beginChange(_ records: RecordSet) throws(CatalogueError) {
        try write { database in
            for id in records.snapshots {
                try database.cachedStatement(sql: "UPDATE snapshot SET changing = 1 WHERE snapshotId = ?")
                    .execute(arguments: [id.rawValue])
                if database.changesCount == 0 { throw CatalogueError.unknown(id) }
            }
            for id in records.volumes {
                try database.cachedStatement(sql: "UPDATE volume SET changing = 1 WHERE volumeId = ?")
                    .execute(arguments: [id.rawValue])
                if database.changesCount == 0 { throw CatalogueError.unknown(id) }
            }
        }
    }

    /// Changes begun and not finished.
    package func begunChanges() throws(CatalogueError) -> RecordSet {
        try read { database in
            let snapshots = try database.cachedStatement(
                sql: "SELECT snapshotId FROM snapshot WHERE changing <> 0 ORDER BY id")
            let volumes = try database.cachedStatement(
                sql: "SELECT volumeId FROM volume WHERE changing <> 0 ORDER BY id")
            return RecordSet(
                snapshots: try String.fetchAll(snapshots).map { SnapshotID(wellFormed: $0) },
                volumes: try String.fetchAll(volumes).map { VolumeID(wellFormed: $0) })
        }
    }

    /// Takes over tags, permissions, lock, bin and revision of snapshots, and what only we know of volumes, in one
    /// transaction. False, and nothing is changed, when one of the snapshots is no longer in the state that it is given
    /// in, or is gone: a worker may have completed it meanwhile.
    package func finishChange(
        snapshots: [Snapshot], volumes: [Volume] = []
    ) throws(CatalogueError) -> Bool {
        try write { database in
            let statement = try database.cachedStatement(sql: "SELECT state FROM snapshot WHERE snapshotId = ?")
            for snapshot in snapshots {
                let state = try String.fetchOne(statement, arguments: [snapshot.id.rawValue])
                guard state == snapshot.state.rawValue else { return false }
            }
            for snapshot in snapshots { try database.replaceAttributes(of: snapshot) }
            for volume in volumes { try database.replaceAttributes(of: volume) }
            return true
        }
    }

    /// Notes that a change begun came to nothing.
    package func forgetChange(_ records: RecordSet) throws(CatalogueError) {
        try write { database in
            for id in records.snapshots {
                try database.cachedStatement(sql: "UPDATE snapshot SET changing = 0 WHERE snapshotId = ?")
                    .execute(arguments: [id.rawValue])
            }
            for id in records.volumes {
                try database.cachedStatement(sql: "UPDATE volume SET changing = 0 WHERE volumeId = ?")
                    .execute(arguments: [id.rawValue])
            }
        }
    }

    /// Forgets snapshots that have ended, with their tags and permissions, in one transaction; what they shared with others
    /// stays. Their records must be gone. Not those that are pending, nor those whose points in time are still held.
    /// Returns which were forgotten.
    package func forget(_ ids: [SnapshotID]) throws(CatalogueError) -> [SnapshotID] {
        try write { database in
            let statement = try database.cachedStatement(
                sql: "SELECT 1 FROM snapshot WHERE snapshotId = ? AND state <> 'pending' AND lease IS NULL")
            let gone = try ids.filter { try Int.fetchOne(statement, arguments: [$0.rawValue]) != nil }
            for id in gone { try database.removeSnapshot(id) }
            return gone
        }
    }
}

extension CatalogueError {
    static func unknown(_ id: VolumeID) -> CatalogueError {
        CatalogueError(.unknownVolume, id.rawValue, "is no known volume")
    }
}
