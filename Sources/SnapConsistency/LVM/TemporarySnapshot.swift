/// Finding and removing the temporary snapshots that are ours.
enum TemporarySnapshot {
    struct Found: Sendable {
        var snapshot: LogicalVolume
        /// Of a thin one.
        var pool: LogicalVolume?
    }

    /// Throws `pointInTimeLost` where there is none of that name that is ours.
    static func find(_ name: String, in group: String, uuid: String? = nil) throws(ConsistencyError) -> Found {
        let volumes = try LogicalVolume.all(in: group)
        let found = volumes.first { $0.name == name && (uuid ?? $0.uuid) == $0.uuid }
        guard let found, TemporarySnapshotName(of: found) != nil, found.isSnapshot else {
            throw ConsistencyError(.pointInTimeLost, "there is no temporary snapshot \(group)/\(name) any more")
        }
        return Found(snapshot: found, pool: volumes.first { $0.name == found.poolName })
    }

    /// Those that are left, of whatever process, also half-made ones; but none that may be somebody's only copy.
    static func all() throws(ConsistencyError) -> [LogicalVolume] {
        try LogicalVolume.all().filter { volume in
            guard TemporarySnapshotName(of: volume) != nil, !volume.isBusy else { return false }
            return volume.isSnapshot || isHalfMade(volume)
        }
    }

    /// lvcreate died before it made of the reserve a snapshot.
    private static func isHalfMade(_ volume: LogicalVolume) -> Bool {
        volume.kind == .thick && volume.origin == nil && !volume.isOpen
    }

    /// Removes it, if by its name and tags it is ours. LVM waits some seconds for somebody who looks at it (udev).
    static func remove(_ volume: LogicalVolume) throws(ConsistencyError) {
        guard TemporarySnapshotName(of: volume) != nil else {
            throw ConsistencyError(
                .notPossible, "\(volume.fullName) is not a temporary snapshot of snapctl; it is not removed")
        }
        try LVMProgram.lvremove.run(["--force", "--yes", volume.fullName])
    }
}
