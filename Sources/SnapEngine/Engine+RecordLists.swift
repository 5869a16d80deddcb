package import SnapModel
internal import SnapSystem

extension Engine {
    /// A page of `binnedSnapshots`, by id. Throws as that does, and as `snapshots(_:)`.
    package func binnedSnapshots(_ ids: [SnapshotID], page: PageRequest) throws(EngineError) -> Page<Snapshot> {
        try Self.cut(try binnedSnapshots(ids), page, PageToken.seal(of: "bin", ids: ids.map(\.rawValue)))
    }

    /// A page of those of `lockedSnapshots` that filters let through, by id.
    package func lockedSnapshots(
        _ ids: [SnapshotID], filters: [ResourceFilter], page: PageRequest, at now: Timestamp = .now()
    ) throws(EngineError) -> Page<Snapshot> {
        let read: [FieldFilter<LockField>] = try FilterReading.filters(filters)
        let found = try lockedSnapshots(ids).filter { snapshot in
            read.allSatisfy { $0.matches(snapshot.lock?.state(at: now).rawValue ?? "") }
        }
        return try Self.cut(found, page, PageToken.seal(of: "locks", ids: ids.map(\.rawValue), filters: filters))
    }

    /// These lists are short: they are sorted and cut here.
    private static func cut(
        _ snapshots: [Snapshot], _ request: PageRequest, _ seal: PageToken.Seal
    ) throws(EngineError) -> Page<Snapshot> {
        let limit = try request.limit() ?? .max
        var rest = snapshots.sorted { $0.id < $1.id }
        if let token = request.nextToken {
            let last = try PageToken.lastID(token, seal)
            rest.removeAll { $0.id.rawValue <= last }
        }
        guard rest.count > limit else { return Page(rest) }
        return Page(
            Array(rest[..<limit]), nextToken: PageToken.text(ofLast: rest[limit - 1].id.rawValue, seal))
    }
}
