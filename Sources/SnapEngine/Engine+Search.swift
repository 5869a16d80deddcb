internal import SnapCatalogue
package import SnapModel

extension Engine {
    /// The snapshots that a query asks for, newest first; of many a page, if it is asked for.
    ///
    /// Throws `invalidParameter` for filters, values and tokens that there are none of, `invalidParameterCombination`,
    /// `malformedUserID`, `filterLimitExceeded`, and `snapshotNotFound` for the first id that nothing has.
    package func snapshots(_ query: SnapshotQuery) throws(EngineError) -> Page<Snapshot> {
        try query.page.refuse(besides: "snapshotSet", query.ids)
        var search = SnapshotSearch(
            ids: query.ids.isEmpty ? nil : query.ids, filters: try FilterReading.filters(query.filters),
            limit: try query.page.limit())
        if !query.ownerIDs.isEmpty { search.owners = try owners(query.ownerIDs) }
        if !query.restorableByUserIDs.isEmpty {
            search.restorers = try query.restorableByUserIDs.map { (text) throws(EngineError) in try restorer(text) }
        }
        let seal = PageToken.seal(of: query)
        if let token = query.page.nextToken {
            search.after = try PageToken.snapshotPosition(token, seal)
        }
        let found = try cataloguing { () throws(CatalogueError) in try catalogue.snapshots(search) }
        let isInterrupted = found.snapshots.contains { $0.state == .pending }
        return Page(
            isInterrupted ? try explainInterruption(of: found.snapshots) : found.snapshots,
            nextToken: found.next.map { PageToken.text(of: $0, seal) })
    }

    /// The tags that a query asks for, by resource and key.
    package func tags(_ query: TagQuery) throws(EngineError) -> Page<ResourceTag> {
        let filters: [FieldFilter<TagField>] = try FilterReading.filters(query.filters)
        var search = TagSearch(filters: filters, limit: try query.page.limit())
        let seal = PageToken.seal(of: query)
        if let token = query.page.nextToken { search.after = try PageToken.tagPosition(token, seal) }
        let found = try cataloguing { () throws(CatalogueError) in try catalogue.tags(search) }
        return Page(found.tags, nextToken: found.next.map { PageToken.text(of: $0, seal) })
    }

    /// The accounts. `amazon` is none: it owns nothing here.
    private func owners(_ texts: [String]) throws(EngineError) -> [String] {
        var accounts: [String] = []
        for text in texts where text != "amazon" {
            accounts.append(text == "self" ? configuration.ownerID : try Self.account(text))
        }
        return accounts
    }

    private func restorer(_ text: String) throws(EngineError) -> SnapshotRestorer {
        switch text {
        case "self": return .account(configuration.ownerID)
        case CreateVolumePermission.groupName: return .everybody
        default: return .account(try Self.account(text))
        }
    }

    private static func account(_ text: String) throws(EngineError) -> String {
        guard let permission = CreateVolumePermission(account: text) else {
            throw EngineError(.malformedUserID, "Invalid user id: \"\(text)\"")
        }
        return permission.grantee
    }
}

extension PageRequest {
    /// How many at most; nil: all. Throws `invalidParameter`.
    func limit() throws(EngineError) -> Int? {
        guard let maxResults else { return nil }
        guard maxResults >= Self.maxResultsRange.lowerBound else {
            throw EngineError(
                .invalidParameter,
                "Value ( \(maxResults) ) for parameter maxResults is invalid. "
                    + "Expecting a value greater than or equal to \(Self.maxResultsRange.lowerBound).")
        }
        return min(maxResults, Self.maxResultsRange.upperBound)
    }

    /// What is named by ids is not given in pages. Throws `invalidParameterCombination`.
    func refuse(besides parameter: String, _ ids: [some ResourceID]) throws(EngineError) {
        guard !ids.isEmpty, maxResults != nil || nextToken != nil else { return }
        throw EngineError(
            .invalidParameterCombination,
            "The parameter \(parameter) cannot be used with the parameter "
                + (maxResults == nil ? "nextToken" : "maxResults"))
    }
}

/// Filters as they are typed, checked.
enum FilterReading {
    /// EC2's: values of all filters together.
    static let valueLimit = 200

    static func filters<Field>(_ filters: [ResourceFilter]) throws(EngineError) -> [FieldFilter<Field>] {
        guard filters.reduce(0, { $0 + $1.values.count }) <= valueLimit else {
            throw EngineError(
                .filterLimitExceeded, "The maximum number of filter values is \(valueLimit).")
        }
        return try filters.map { (filter) throws(EngineError) in
            guard let field = Field(filterName: filter.name) else {
                throw EngineError(.invalidParameter, "The filter '\(filter.name)' is invalid")
            }
            return FieldFilter(field, filter.values)
        }
    }
}
