internal import SnapModel

/// What EBS does not tell of a snapshot: the fields under `Snapctl`.
enum OwnFields {
    static func record(of snapshot: Snapshot) -> OutputValue {
        var fields: [OutputField] = []
        fields.reserveCapacity(10)
        fields.append("VolumePath", .text(snapshot.volume.path))
        fields.append("VolumeByteCount", .integer(snapshot.volumeByteCount))
        fields.append("SetId", snapshot.setID.map { .text($0.rawValue) })
        fields.append("Consistency", consistency(snapshot.consistency))
        fields.append("ManifestRoot", snapshot.image.map { .text($0.manifestRoot.description) })
        fields.append("NewByteCount", newByteCount(of: snapshot).map(OutputValue.integer))
        fields.append("StoredByteCount", storedByteCount(of: snapshot).map(OutputValue.integer))
        fields.append("Worker", snapshot.worker.map(worker))
        fields.append("DurationSeconds", duration(of: snapshot))
        fields.append("Durations", durations(snapshot.durations))
        return .record(fields)
    }

    private static func consistency(_ consistency: Consistency) -> OutputValue {
        var fields: [OutputField] = []
        fields.reserveCapacity(6)
        fields.append("Method", .text(consistency.method.rawValue))
        fields.append("Level", consistency.level.map { .text($0.rawValue) })
        fields.append("PointInTime", .boolean(consistency.isPointInTime))
        fields.append("Instant", consistency.instant.map(OutputValue.time))
        fields.append("FreezeMilliseconds", consistency.freezeDuration.map(milliseconds))
        if !consistency.hooks.isEmpty { fields.append("Hooks", .list(consistency.hooks.map(hook))) }
        return .record(fields)
    }

    private static func hook(_ run: HookRun) -> OutputValue {
        var fields: [OutputField] = []
        fields.append("Name", .text(run.name))
        fields.append("Freeze", .text(run.freezeOutcome.rawValue))
        fields.append("FreezeMilliseconds", milliseconds(run.freezeDuration))
        fields.append("Thaw", run.thawOutcome.map { .text($0.rawValue) })
        return .record(fields)
    }

    private static func worker(_ worker: SnapshotWorker) -> OutputValue {
        var fields: [OutputField] = []
        fields.append("ProcessId", .integer(Int(worker.processNumber)))
        fields.append("Attempts", .integer(worker.attemptCount))
        fields.append("Log", worker.logPath.map(OutputValue.text))
        return .record(fields)
    }

    private static func durations(_ durations: SnapshotDurations) -> OutputValue? {
        var fields: [OutputField] = []
        fields.append("SecuringSeconds", durations.securing.map(seconds))
        fields.append("ImagingSeconds", durations.imaging.map(seconds))
        return fields.isEmpty ? nil : .record(fields)
    }

    /// So far, once there is any, until the image has it.
    private static func newByteCount(of snapshot: Snapshot) -> Int? {
        snapshot.image?.newByteCount ?? (snapshot.newByteCount > 0 ? snapshot.newByteCount : nil)
    }

    private static func storedByteCount(of snapshot: Snapshot) -> Int? {
        snapshot.image?.storedByteCount ?? (snapshot.newByteCount > 0 ? snapshot.storedByteCount : nil)
    }

    /// Start and completion are in milliseconds, so their distance is in thousandths of a second.
    private static func duration(of snapshot: Snapshot) -> OutputValue? {
        snapshot.completionTime.map { end in
            .thousandths(Int(end.millisecondsSinceEpoch - snapshot.startTime.millisecondsSinceEpoch))
        }
    }

    /// Microseconds are thousandths of a millisecond.
    private static func milliseconds(_ duration: Duration) -> OutputValue {
        .thousandths(Int(duration.wholeMicroseconds))
    }

    private static func seconds(_ duration: Duration) -> OutputValue {
        .thousandths(Int(duration.wholeMicroseconds / 1_000))
    }
}
