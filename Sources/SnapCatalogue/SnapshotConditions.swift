internal import GRDB
internal import SnapModel

/// The filters of snapshots in SQL, over `snapshot s`. Texts are those that EBS shows.
enum SnapshotConditions {
    static func condition(
        of filter: FieldFilter<SnapshotField>, in database: Database
    ) throws -> SearchCondition {
        switch filter.field {
        case .tag(let key): try TagCondition.tag(key, filter.patterns).settled(in: database)
        case .plain(.tagKey): try TagCondition.key(filter.patterns).settled(in: database)
        case .plain(.tagValue): try TagCondition.value(filter.patterns).settled(in: database)
        case .plain(let name): condition(of: name, filter.patterns)
        }
    }

    private static func condition(of name: SnapshotFieldName, _ patterns: [TextPattern]) -> SearchCondition {
        switch name {
        case .description: .matching("s.description", patterns)
        case .encrypted: .matching("iif(s.encrypted, 'true', 'false')", patterns)
        case .kmsKeyID: .matching("s.kmsKeyId", patterns)
        // Nobody has an alias, and only what is copied from elsewhere has a type of transfer.
        case .ownerAlias, .transferType: .never
        // Above: they take a look at the index first.
        case .tagKey, .tagValue: .never
        case .ownerID: .matching("s.ownerId", patterns)
        case .progress: .matching(progress, patterns)
        case .snapshotID: .matching("s.snapshotId", patterns)
        case .startTime: TimeConditions.condition("s.startTime", patterns)
        case .status: .matching("s.state", patterns)
        case .storageTier: .matching("s.storageTier", patterns)
        case .volumeID:
            .matching("volumeId", patterns).within("s.volume IN (SELECT id FROM volume WHERE ", ")")
        case .volumeSize: .matching(TimeConditions.gibibytes("s.volumeByteCount"), patterns)
        }
    }

    /// As `SnapshotFields.progress` has it.
    private static let progress = """
        CASE WHEN s.state = 'completed' THEN '100%' WHEN s.processedByteCount <= 0 OR s.volumeByteCount <= 0 THEN '' \
        ELSE CAST(min(99, s.processedByteCount * 100 / s.volumeByteCount) AS TEXT) || '%' END
        """

    /// Who may make a volume: the owner, and whom the owner has allowed it.
    static func condition(of restorer: SnapshotRestorer) -> SearchCondition {
        let allowed =
            "EXISTS (SELECT 1 FROM createVolumePermission p WHERE p.snapshotId = s.snapshotId AND p.grantee = ?)"
        switch restorer {
        case .everybody: return SearchCondition(sql: allowed, arguments: ["all"])
        case .account(let account):
            return SearchCondition(sql: "(s.ownerId = ? OR \(allowed))", arguments: [account, account])
        }
    }
}
