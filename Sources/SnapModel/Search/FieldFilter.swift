/// One filter of a search: it holds for what has any of the values in the field. Without a value it holds for nothing.
package struct FieldFilter<Field: FilterField>: Hashable, Sendable {
    package var field: Field
    package var patterns: [TextPattern]

    package init(_ field: Field, _ values: [String]) {
        self.field = field
        patterns = values.map(TextPattern.init)
    }

    package func matches(_ value: String) -> Bool { patterns.contains { $0.matches(value) } }
}

/// What can be filtered by, under EBS's names.
package protocol FilterField: Hashable, Sendable {
    /// nil where there is no such filter. `tag:` is followed by a key, which has no wildcards.
    init?(filterName: String)
}

/// The filters of DescribeSnapshots; `tagValue` and `kmsKeyID` are in no document of EBS, but answered by it.
package enum SnapshotField: FilterField {
    case plain(SnapshotFieldName)
    case tag(String)

    package init?(filterName: String) {
        if let key = tagKey(in: filterName) {
            self = .tag(key)
        } else if let name = SnapshotFieldName(rawValue: filterName) {
            self = .plain(name)
        } else {
            return nil
        }
    }
}

package enum SnapshotFieldName: String, Sendable, CaseIterable {
    case description
    case encrypted
    case kmsKeyID = "kms-key-id"
    case ownerAlias = "owner-alias"
    case ownerID = "owner-id"
    case progress
    case snapshotID = "snapshot-id"
    case startTime = "start-time"
    case status
    case storageTier = "storage-tier"
    case tagKey = "tag-key"
    case tagValue = "tag-value"
    case transferType = "transfer-type"
    case volumeID = "volume-id"
    case volumeSize = "volume-size"
}

/// The filters of DescribeTags.
package enum TagField: FilterField {
    case key, value, resourceID, resourceType
    case tag(String)

    package init?(filterName: String) {
        switch filterName {
        case "key": self = .key
        case "value": self = .value
        case "resource-id": self = .resourceID
        case "resource-type": self = .resourceType
        default:
            guard let key = tagKey(in: filterName) else { return nil }
            self = .tag(key)
        }
    }
}

/// The filters of DescribeVolumes.
package enum VolumeField: FilterField {
    case plain(VolumeFieldName)
    case tag(String)

    package init?(filterName: String) {
        if let key = tagKey(in: filterName) {
            self = .tag(key)
        } else if let name = VolumeFieldName(rawValue: filterName) {
            self = .plain(name)
        } else {
            return nil
        }
    }
}

package enum VolumeFieldName: String, Sendable, CaseIterable {
    case attachTime = "attachment.attach-time"
    case deleteOnTermination = "attachment.delete-on-termination"
    case device = "attachment.device"
    case instanceID = "attachment.instance-id"
    case attachmentStatus = "attachment.status"
    case availabilityZone = "availability-zone"
    case availabilityZoneID = "availability-zone-id"
    case createTime = "create-time"
    case encrypted
    case fastRestored = "fast-restored"
    case multiAttachEnabled = "multi-attach-enabled"
    case operatorManaged = "operator.managed"
    case operatorPrincipal = "operator.principal"
    case size
    case snapshotID = "snapshot-id"
    case status
    case tagKey = "tag-key"
    case tagValue = "tag-value"
    case volumeID = "volume-id"
    case volumeType = "volume-type"
}

/// The one filter of DescribeLockedSnapshots.
package enum LockField: String, FilterField {
    case lockState = "lock-state"

    package init?(filterName: String) { self.init(rawValue: filterName) }
}

/// What follows `tag:`. The first character of a key may be a mark that would join the colon.
private func tagKey(in filterName: String) -> String? {
    let prefix = "tag:"
    guard filterName.utf8.starts(with: prefix.utf8) else { return nil }
    return String(filterName.unicodeScalars.dropFirst(prefix.unicodeScalars.count))
}
