/// Which snapshots are looked for: those for which everything that is given holds.
package struct SnapshotSearch: Hashable, Sendable {
    /// nil: whatever their ids.
    package var ids: [SnapshotID]?
    /// Accounts; nil: whoever owns them. None is nobody's.
    package var owners: [String]?
    /// nil: whoever may make volumes of them.
    package var restorers: [SnapshotRestorer]?
    package var filters: [FieldFilter<SnapshotField>]
    /// nil: all of them.
    package var limit: Int?
    /// What comes after it, the newest first.
    package var after: SnapshotPosition?

    package init(
        ids: [SnapshotID]? = nil, owners: [String]? = nil, restorers: [SnapshotRestorer]? = nil,
        filters: [FieldFilter<SnapshotField>] = [], limit: Int? = nil, after: SnapshotPosition? = nil
    ) {
        self.ids = ids
        self.owners = owners
        self.restorers = restorers
        self.filters = filters
        self.limit = limit
        self.after = after
    }
}

/// Who may make a volume of a snapshot.
package enum SnapshotRestorer: Hashable, Sendable {
    case everybody
    /// Its owner, or whom the owner has allowed it.
    case account(String)
}

/// A place in the list of all snapshots, newest first. It stays where it is while snapshots come and go.
package struct SnapshotPosition: Hashable, Sendable {
    package var startTime: Timestamp
    /// Of snapshots that were started at one time, in the order in which they were recorded.
    package var recordNumber: Int64

    package init(startTime: Timestamp, recordNumber: Int64) {
        self.startTime = startTime
        self.recordNumber = recordNumber
    }
}

/// Which tags are looked for, in the order of resources and keys.
package struct TagSearch: Hashable, Sendable {
    package var filters: [FieldFilter<TagField>]
    package var limit: Int?
    package var after: TagPosition?

    package init(filters: [FieldFilter<TagField>] = [], limit: Int? = nil, after: TagPosition? = nil) {
        self.filters = filters
        self.limit = limit
        self.after = after
    }
}

package struct TagPosition: Hashable, Sendable {
    package var resourceID: String
    package var key: String

    package init(resourceID: String, key: String) {
        self.resourceID = resourceID
        self.key = key
    }
}

/// A tag and whose it is.
package struct ResourceTag: Hashable, Sendable {
    package var resourceID: String
    package var tag: Tag

    package init(resourceID: String, tag: Tag) {
        self.resourceID = resourceID
        self.tag = tag
    }

    /// As EBS calls the kinds of resources: by what their ids begin with.
    package var resourceType: String { resourceID.hasPrefix(VolumeID.prefix + "-") ? "volume" : "snapshot" }
}
