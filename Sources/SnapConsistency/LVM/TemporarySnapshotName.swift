/// What tells our temporary snapshots from all other logical volumes: the tag `snapctl`, and a name of their own, which is
/// also a tag. One that somebody renamed, to keep it, is no longer ours.
struct TemporarySnapshotName: Hashable, Sendable {
    static let tag = "snapctl"
    private static let prefix = "snapctl-"
    private static let digitCount = 17
    private static let digits = Array("0123456789abcdef")

    let rawValue: String

    private init(wellFormed rawValue: String) { self.rawValue = rawValue }

    static func random() -> TemporarySnapshotName {
        let digits = (0..<digitCount).map { _ in Self.digits.randomElement() ?? "0" }
        return TemporarySnapshotName(wellFormed: prefix + String(digits))
    }

    /// That of `volume`; nil: it is not ours.
    init?(of volume: LogicalVolume) {
        let name = volume.name
        guard name.hasPrefix(Self.prefix), name.count == Self.prefix.count + Self.digitCount,
            name.dropFirst(Self.prefix.count).allSatisfy(Self.digits.contains),
            volume.tags.isSuperset(of: [Self.tag, name])
        else { return nil }
        rawValue = name
    }
}
