internal import SnapEngine
internal import SnapModel

/// Ids and volumes as they were typed. All are parsed before anything is done.
enum Identifiers {
    /// Throws `malformedSnapshotID`, or `invalidParameter` for what does not even begin like a snapshot's id, as EBS does.
    static func snapshot(_ text: String) throws(EngineError) -> SnapshotID {
        if let id = SnapshotID(text) { return id }
        guard text.hasPrefix(SnapshotID.prefix + "-") else {
            throw EngineError(
                .invalidParameter,
                "Value (\(text)) for parameter snapshotId is invalid. Expected: 'snap-...'."
            )
        }
        throw EngineError(.malformedSnapshotID, "Invalid id: \"\(text)\" (\(form(of: SnapshotID.self)))")
    }

    /// In the order given, each once.
    static func snapshots(_ texts: [String]) throws(EngineError) -> [SnapshotID] {
        var seen: Set<SnapshotID> = []
        var ids: [SnapshotID] = []
        for text in texts {
            let id = try snapshot(text)
            if seen.insert(id).inserted { ids.append(id) }
        }
        return ids
    }

    /// Throws `malformedVolumeID`, or `invalidParameter`, as for a snapshot's.
    static func volumeID(_ text: String) throws(EngineError) -> VolumeID {
        if let id = VolumeID(text) { return id }
        guard text.hasPrefix(VolumeID.prefix + "-") else {
            throw EngineError(
                .invalidParameter, "Value (\(text)) for parameter volumeId is invalid. Expected: 'vol-...'.")
        }
        throw EngineError(.malformedVolumeID, "Invalid id: \"\(text)\" (\(form(of: VolumeID.self)))")
    }

    /// A path, or an id, which must then be well formed. A file that is named like an id is reached as `./vol-…`.
    static func volume(_ text: String) throws(EngineError) -> String {
        guard !text.isEmpty else {
            throw EngineError(.invalidParameter, "the value for parameter volume is empty")
        }
        if text.hasPrefix(VolumeID.prefix + "-"), VolumeID(text) == nil {
            throw EngineError(.malformedVolumeID, "Invalid id: \"\(text)\" (\(form(of: VolumeID.self)))")
        }
        return text
    }

    private static func form<ID: ResourceID>(of type: ID.Type) -> String { "expecting \"\(ID.prefix)-...\"" }
}
