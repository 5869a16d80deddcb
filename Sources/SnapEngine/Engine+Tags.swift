internal import SnapCatalogue
package import SnapModel

extension Engine {
    /// EBS's limit of resources in one request.
    package static let resourceLimit = 1_000

    /// Gives snapshots and volumes tags, in place of those with the same keys: all of them, or none.
    ///
    /// Throws `malformedResourceID`, `snapshotNotFound`, `volumeNotFound`, `missingParameter`, `malformedTagKey`,
    /// `invalidParameter` for a key or value that is too long, reserved, or comes twice, `tagLimitExceeded`.
    package func setTags(_ resources: [String], _ tags: [Tag]) throws(EngineError) {
        let records = try Self.records(of: resources)
        guard !tags.isEmpty else {
            throw EngineError(.missingParameter, "The request must contain the parameter tagSet")
        }
        try checkingTags { () throws(TagRules.Breach) in try TagRules.check(tags) }
        try changeTags(of: records) { (old) throws(EngineError) in
            let new = old.setting(tags)
            try checkingTags { () throws(TagRules.Breach) in try TagRules.checkCount(new.count) }
            return new
        }
    }

    /// Takes the tags that one of `selectors` names from snapshots and volumes; without selectors all. One that is not
    /// there is no error.
    ///
    /// Throws `malformedResourceID`, `snapshotNotFound`, `volumeNotFound`.
    package func deleteTags(_ resources: [String], _ selectors: [TagSelector] = []) throws(EngineError) {
        try changeTags(of: try Self.records(of: resources)) { (old) throws(EngineError) in
            selectors.isEmpty ? [] : old.removing(selectors)
        }
    }

    private func changeTags(
        of records: RecordSet, _ new: ([Tag]) throws(EngineError) -> [Tag]
    ) throws(EngineError) {
        try change(records) { (draft) throws(EngineError) in
            for index in draft.snapshots.indices { draft.snapshots[index].tags = try new(draft.snapshots[index].tags) }
            for index in draft.volumes.indices { draft.volumes[index].tags = try new(draft.volumes[index].tags) }
        }
    }

    /// Ids of snapshots and volumes, told apart.
    private static func records(of resources: [String]) throws(EngineError) -> RecordSet {
        guard !resources.isEmpty else {
            throw EngineError(.missingParameter, "The request must contain the parameter resourceIdSet")
        }
        guard resources.count <= resourceLimit else {
            throw EngineError(
                .invalidParameter, "\(resources.count) resources are more than the \(resourceLimit) of one request")
        }
        var records = RecordSet()
        for text in resources {
            if let id = SnapshotID(text) {
                records.snapshots.append(id)
            } else if let id = VolumeID(text) {
                records.volumes.append(id)
            } else {
                throw EngineError(.malformedResourceID, "The ID '\(text)' is not valid")
            }
        }
        return records
    }
}
