/// Which snapshots of which volumes stay: what EBS calls a lifecycle policy.
package struct RetentionPolicy: Hashable, Sendable {
    /// Unique in the configuration.
    package var name: String
    /// Ids of volumes, or their paths; `*` for all. Empty: chosen by tags alone.
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

    /// The paths among `volumes`.
    package var paths: [String] { volumes.filter { $0 != Self.everyVolume && VolumeID($0) == nil } }

    /// Whether it speaks of this snapshot at all. `places`: which volume is meant by each path; by others, none is.
    package func selects(_ snapshot: Snapshot, places: [String: VolumeID] = [:]) -> Bool {
        guard !volumes.isEmpty || !tags.isEmpty else { return false }
        let id = snapshot.volume.id
        let isNamed =
            volumes.isEmpty
            || volumes.contains { $0 == Self.everyVolume || $0 == id.rawValue || places[$0] == id }
        return isNamed
            && tags.allSatisfy { tag in
                TagSelector(key: tag.key, value: tag.value).matches(anyOf: snapshot.tags + snapshot.volume.tags)
            }
    }
}
