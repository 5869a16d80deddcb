internal import SnapDevice
package import SnapModel
internal import SnapTracking

/// Knows `live`: judges whether the writes to a volume can be tracked, and its filesystems frozen.
package struct LiveMethods: MethodSource {
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
        if let obstacle = options.liveObstacle { return .impossible(.live, obstacle) }
        if case .impossible(let reason) = TrackableDisk.find(of: inspection.facts) { return .impossible(.live, reason) }
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
        switch TrackableDisk.find(of: inspection.facts) {
        case .found(let disk): return LiveMethod(inspection, disk, options)
        case .impossible(let reason): throw ConsistencyError(.notPossible, reason)
        }
    }
}
