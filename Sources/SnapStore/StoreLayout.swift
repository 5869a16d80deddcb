package import SnapModel

/// The keys of a store's objects (docs/format.md).
package enum StoreLayout {
    package static let packPrefix = "packs/"
    package static let snapshotPrefix = "snapshots/"
    package static let volumePrefix = "volumes/"
    package static let description = ObjectKey("store.json")

    package static func key(of pack: PackID) -> ObjectKey { ObjectKey("\(packPrefix)\(pack.folder)/\(pack).pack") }

    package static func key(of snapshot: SnapshotID) -> ObjectKey { ObjectKey("\(snapshotPrefix)\(snapshot).json") }

    package static func key(of volume: VolumeID) -> ObjectKey { ObjectKey("\(volumePrefix)\(volume).json") }

    /// nil for a key that is not a pack's.
    package static func pack(of key: ObjectKey) -> PackID? {
        guard let name = name(of: key, ending: ".pack"), let pack = PackID(String(name)) else { return nil }
        return self.key(of: pack) == key ? pack : nil
    }

    /// nil for a key that is not a snapshot record's.
    package static func snapshot(of key: ObjectKey) -> SnapshotID? {
        name(of: key, ending: ".json").flatMap { SnapshotID(String($0)) }
    }

    /// nil for a key that is not a volume record's.
    package static func volume(of key: ObjectKey) -> VolumeID? {
        name(of: key, ending: ".json").flatMap { VolumeID(String($0)) }
    }

    private static func name(of key: ObjectKey, ending: String) -> Substring? {
        guard let name = key.path.split(separator: "/").last, name.hasSuffix(ending) else { return nil }
        return name.dropLast(ending.count)
    }
}
