package import SnapModel

/// What somebody who watches over backups wants to know, at one moment.
package struct StoreMetrics: Sendable {
    package struct OfVolume: Sendable {
        package var volume: Volume
        package var countsByState: [SnapshotState: Int] = [:]
        /// The last that is whole.
        package var lastCompleted: Snapshot?
        /// When the last that became `error` was asked for.
        package var lastFailureTime: Timestamp?

        init(_ volume: Volume) { self.volume = volume }
    }

    /// In the order of their ids.
    package var volumes: [OfVolume] = []
    package var packCount = 0
    package var packByteCount = 0
    package var suspectChunkCount = 0
    package var binnedSnapshotCount = 0
    package var maintenance: MaintenanceRecord

    /// `snapshots`: newest first.
    init(of snapshots: [Snapshot], maintenance: MaintenanceRecord) {
        self.maintenance = maintenance
        var volumes: [VolumeID: OfVolume] = [:]
        for snapshot in snapshots {
            var volume = volumes[snapshot.volume.id] ?? OfVolume(snapshot.volume)
            volume.countsByState[snapshot.state, default: 0] += 1
            switch snapshot.state {
            case .completed: volume.lastCompleted = volume.lastCompleted ?? snapshot
            case .error: volume.lastFailureTime = volume.lastFailureTime ?? snapshot.startTime
            case .pending: break
            }
            volumes[snapshot.volume.id] = volume
        }
        self.volumes = volumes.values.sorted { $0.volume.id < $1.volume.id }
    }
}
