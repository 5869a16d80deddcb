internal import SnapDevice
package import SnapModel
internal import SnapTracking

/// Knows `live`: judges whether the writes to a volume can be tracked, and its filesystems frozen.
package struct LiveMethods: MethodSource {
    /// Others may write from other machines (gfs2, ocfs2), or to other disks.
    private let knownTypes: Set<String> = ["ext2", "ext3", "ext4", "xfs", "btrfs"]

    package init() {}

    package func assess(
        _ method: ConsistencyMethod, _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) -> MethodAssessment? {
        guard method == .live else { return nil }
        if inspection.carriesRoot {
            return .impossible(.live, "it carries / of the running system, which would stand still")
        }
        if let user = inspection.users.unquieted.first {
            return .impossible(.live, user, remedy: Remedy.ending(inspection))
        }
        guard !inspection.freezeTargets.isEmpty else {
            return .impossible(.live, "nothing is mounted from it that could be frozen")
        }
        if let target = inspection.freezeTargets.first(where: { !knownTypes.contains($0.filesystemType) }) {
            return .impossible(.live, "\(target.filesystemType) at \(target.mountPoint) was never tried with it")
        }
        if let obstacle = options.liveObstacle { return .impossible(.live, obstacle) }
        if case .impossible(let reason) = Self.find(inspection) { return .impossible(.live, reason) }
        do throws(TrackingError) {
            try WriteTracker.tryOut()
            return .possible(.live, .filesystem, "its filesystems would stand still for the last writes only")
        } catch {
            return .impossible(.live, "writes cannot be tracked here: \(error)")
        }
    }

    package func make(
        _: ConsistencyMethod, _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) throws(ConsistencyError) -> any PointInTimeMethod {
        switch Self.find(inspection) {
        case .found(let volume): return LiveMethod(inspection, volume, options)
        case .impossible(let reason): throw ConsistencyError(.notPossible, reason)
        }
    }

    private static func find(_ inspection: VolumeInspection) -> TrackableVolume.Finding {
        let finding = TrackableVolume.find(of: inspection.facts)
        let limit = MarkLayout.extentLimit
        guard case .found(let volume) = finding, volume.disks.count > limit else { return finding }
        return .impossible("it lies in \(volume.disks.count) places of its disks, and \(limit) can be watched at once")
    }
}
