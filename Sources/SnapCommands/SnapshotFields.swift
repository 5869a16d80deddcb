internal import SnapModel

/// The fields of a snapshot under EBS's names, in the order in which EBS's own example has them; what EBS does not
/// know is under `Snapctl`.
enum SnapshotFields {
    /// `isListed`: DescribeSnapshots has a `StateMessage`, CreateSnapshot has none.
    static func record(of snapshot: Snapshot, isListed: Bool) -> OutputValue {
        var fields: [OutputField] = []
        fields.reserveCapacity(16)
        fields.append("Description", .text(snapshot.description))
        fields.append("Tags", .list(snapshot.tags.map(tag)))
        fields.append("VolumeId", .text(snapshot.volume.id.rawValue))
        fields.append("State", .text(snapshot.state.rawValue))
        if isListed {
            fields.append("StateMessage", snapshot.stateMessage.map(OutputValue.text))
            fields.append("StorageTier", .text(snapshot.storageTier.rawValue))
        }
        fields.append("VolumeSize", .integer(Gibibytes.roundedUp(snapshot.volumeByteCount)))
        fields.append("StartTime", .time(snapshot.startTime))
        fields.append("CompletionTime", snapshot.completionTime.map(OutputValue.time))
        fields.append("Progress", .text(progress(of: snapshot)))
        fields.append("OwnerId", .text(snapshot.ownerID))
        fields.append("SnapshotId", .text(snapshot.id.rawValue))
        fields.append("Encrypted", .boolean(snapshot.isEncrypted))
        if snapshot.isEncrypted {
            fields.append("KmsKeyId", snapshot.kmsKeyID.map(OutputValue.text))
            if isListed { fields.append("DataEncryptionKeyId", snapshot.dataEncryptionKeyID.map(OutputValue.text)) }
        }
        fields.append("FullSnapshotSizeInBytes", snapshot.image.map { .integer($0.fullByteCount) })
        fields.append("Snapctl", OwnFields.record(of: snapshot))
        return .record(fields)
    }

    static func tag(_ tag: Tag) -> OutputValue {
        .record([OutputField("Key", .text(tag.key)), OutputField("Value", .text(tag.value))])
    }

    /// EBS's `Progress`: empty at first; `100%` says that the snapshot is completed, and nothing else does.
    static func progress(of snapshot: Snapshot) -> String {
        if snapshot.state == .completed { return "100%" }
        guard snapshot.processedByteCount > 0, snapshot.volumeByteCount > 0 else { return "" }
        return "\(Percentage.ofUnfinished(snapshot.processedByteCount, of: snapshot.volumeByteCount))%"
    }

    /// What the volume may not be used for until it is read.
    static func sentence(aboutHolding snapshot: Snapshot) -> String {
        let path = snapshot.volume.path
        switch snapshot.consistency.method {
        case .clone: return "a clone of \(path) is read; use the volume as you like"
        case .lvmThin, .lvm: return "an LVM snapshot of \(path) is read; use the volume as you like"
        case .exclusive: return "\(path) is claimed: mounting it, or writing to it, fails until it is read"
        case .live: return "\(path) is copied; use the volume as you like"
        case .freeze: return "\(path) is frozen: writers wait until it is read"
        case .none: return "\(path) is read as it is: the image is NOT of one point in time"
        }
    }

    static func tint(of state: SnapshotState) -> Tint {
        switch state {
        case .pending: .waiting
        case .completed: .good
        case .error: .bad
        }
    }

    static func words(for consistency: Consistency) -> String {
        guard consistency.isPointInTime else {
            return "NOT of one point in time: the volume was read while it could be written to"
        }
        let level = consistency.level.map { ", \($0.rawValue)-consistent" } ?? ""
        return "point in time (\(consistency.method.rawValue))\(level)"
    }
}

/// Whole percents.
enum Percentage {
    /// From 0 to 99: all that was read still has to be made durable.
    static func ofUnfinished(_ part: Int, of whole: Int) -> Int {
        guard whole > 0 else { return 0 }
        // Whole numbers, so that searches in SQL find the same.
        return part >= whole
            ? 99 : max(0, Int(clamping: whole.dividingFullWidth(part.multipliedFullWidth(by: 100)).quotient))
    }
}
