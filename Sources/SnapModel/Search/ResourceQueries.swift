/// A filter as it was typed: the name may be none, and the values may be any.
package struct ResourceFilter: Hashable, Sendable {
    package var name: String
    package var values: [String]

    package init(name: String, values: [String]) {
        self.name = name
        self.values = values
    }
}

/// How much of a list is asked for: at most `maxResults`, from where the page that `nextToken` is of has ended.
package struct PageRequest: Hashable, Sendable {
    package static let maxResultsRange = 5...1_000

    /// More than the range allows counts as its end; less is refused.
    package var maxResults: Int?
    package var nextToken: String?

    package init(maxResults: Int? = nil, nextToken: String? = nil) {
        self.maxResults = maxResults
        self.nextToken = nextToken
    }
}

/// What DescribeSnapshots is asked for.
package struct SnapshotQuery: Hashable, Sendable {
    package var ids: [SnapshotID]
    /// Accounts, `self`, `amazon`.
    package var ownerIDs: [String]
    /// Accounts, `self`, `all`.
    package var restorableByUserIDs: [String]
    package var filters: [ResourceFilter]
    package var page: PageRequest

    package init(
        ids: [SnapshotID] = [], ownerIDs: [String] = [], restorableByUserIDs: [String] = [],
        filters: [ResourceFilter] = [], page: PageRequest = PageRequest()
    ) {
        self.ids = ids
        self.ownerIDs = ownerIDs
        self.restorableByUserIDs = restorableByUserIDs
        self.filters = filters
        self.page = page
    }
}

/// What DescribeVolumes is asked for.
package struct VolumeQuery: Hashable, Sendable {
    package var ids: [VolumeID]
    package var filters: [ResourceFilter]
    package var page: PageRequest

    package init(ids: [VolumeID] = [], filters: [ResourceFilter] = [], page: PageRequest = PageRequest()) {
        self.ids = ids
        self.filters = filters
        self.page = page
    }
}

/// What DescribeTags is asked for.
package struct TagQuery: Hashable, Sendable {
    package var filters: [ResourceFilter]
    package var page: PageRequest

    package init(filters: [ResourceFilter] = [], page: PageRequest = PageRequest()) {
        self.filters = filters
        self.page = page
    }
}
