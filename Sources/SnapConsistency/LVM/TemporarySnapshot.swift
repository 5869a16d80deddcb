internal import Glibc

/// Finding and removing the temporary snapshots that are ours.
enum TemporarySnapshot {
    /// Throws `pointInTimeLost` where there is none of that name that is ours.
    static func find(_ name: String, in group: String, uuid: String? = nil) throws(ConsistencyError) -> LogicalVolume {
        let found = try LogicalVolume.all(in: group).first { volume in
            volume.name == name && (uuid ?? volume.uuid) == volume.uuid
        }
        guard let found, TemporarySnapshotName(of: found) != nil, found.isSnapshot else {
            throw ConsistencyError(.pointInTimeLost, "there is no temporary snapshot \(group)/\(name) any more")
        }
        return found
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

    /// Removes it, if by its name and tags it is ours. Somebody who looks at every new device (udev) may hold it for a moment.
    static func remove(_ volume: LogicalVolume) throws(ConsistencyError) {
        guard TemporarySnapshotName(of: volume) != nil else {
            throw ConsistencyError(
                .notPossible, "\(volume.fullName) is not a temporary snapshot of snapctl; it is not removed")
        }
        for attempt in 1...attemptCount {
            do throws(ConsistencyError) {
                try LVMProgram.lvremove.run(["--force", "--yes", volume.fullName])
                return
            } catch {
                if attempt == attemptCount { throw error }
                usleep(pauseMicroseconds)
            }
        }
    }

    private static let attemptCount = 3
    private static let pauseMicroseconds: UInt32 = 300_000
}
