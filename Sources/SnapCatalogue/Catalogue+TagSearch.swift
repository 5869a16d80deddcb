internal import GRDB
package import SnapModel

/// What was found, and where more may be.
package struct FoundTags: Sendable {
    package var tags: [ResourceTag]
    /// nil when there is no more.
    package var next: TagPosition?
}

extension Catalogue {
    /// The tags of volumes and of snapshots that are not in the recycle bin, by resource and key.
    package func tags(_ search: TagSearch) throws(CatalogueError) -> FoundTags {
        try read { database in
            var conditions = [SearchCondition(sql: Self.isNotInBin)] + search.filters.map(Self.condition(of:))
            if let after = search.after {
                conditions.append(
                    SearchCondition(
                        sql: "(g.resourceId, g.key) > (?, ?)", arguments: [after.resourceID, after.key]))
            }
            let condition = SearchCondition.all(of: conditions)
            var arguments = condition.arguments
            if let limit = search.limit { arguments += [limit + 1] }
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT g.resourceId, g.key, g.value FROM tag g WHERE \(condition.sql)
                    ORDER BY g.resourceId, g.key \(search.limit == nil ? "" : "LIMIT ?")
                    """, arguments: arguments)
            let tags = try rows.map { row in
                ResourceTag(resourceID: try row.value(0), tag: Tag(key: try row.value(1), value: try row.value(2)))
            }
            guard let limit = search.limit, tags.count > limit else { return FoundTags(tags: tags) }
            let last = tags[limit - 1]
            return FoundTags(
                tags: Array(tags[..<limit]), next: TagPosition(resourceID: last.resourceID, key: last.tag.key))
        }
    }

    private static let isNotInBin = """
        NOT EXISTS (SELECT 1 FROM snapshot b WHERE b.snapshotId = g.resourceId AND b.binEnterTime IS NOT NULL)
        """

    private static func condition(of filter: FieldFilter<TagField>) -> SearchCondition {
        switch filter.field {
        case .key: .matching("g.key", filter.patterns)
        case .value: .matching("g.value", filter.patterns)
        case .resourceID: .matching("g.resourceId", filter.patterns)
        case .resourceType:
            .matching("iif(g.resourceId GLOB '\(VolumeID.prefix)-*', 'volume', 'snapshot')", filter.patterns)
        // Only that tag, where its resource has it with such a value.
        case .tag(let key): .matching("g.value", filter.patterns).within("(g.key = ? AND ", ")", [key])
        }
    }
}
