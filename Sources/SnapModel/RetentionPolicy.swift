/// Which snapshots of which volumes stay: what EBS calls a lifecycle policy.
package struct RetentionPolicy: Hashable, Sendable {
    /// Unique in the configuration.
    package var name: String
    /// Ids of volumes, or the paths at which they were last seen; `*` for all. Empty: chosen by tags alone.
    package var volumes: [String]
    /// All of them must be on the snapshot or on its volume.
    package var tags: [Tag]
    package var rules: RetentionRules

    package static let everyVolume = "*"

    package init(name: String, volumes: [String] = [], tags: [Tag] = [], rules: RetentionRules) {
        self.name = name
        self.volumes = volumes
        self.tags = tags
        self.rules = rules
    }

    /// Whether it speaks of this snapshot at all.
    package func selects(_ snapshot: Snapshot) -> Bool {
        guard !volumes.isEmpty || !tags.isEmpty else { return false }
        let isNamed =
            volumes.isEmpty
            || volumes.contains { [Self.everyVolume, snapshot.volume.id.rawValue, snapshot.volume.path].contains($0) }
        return isNamed
            && tags.allSatisfy { tag in
                TagSelector(key: tag.key, value: tag.value).matches(anyOf: snapshot.tags + snapshot.volume.tags)
            }
    }
}
