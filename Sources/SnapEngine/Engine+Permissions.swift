internal import SnapCatalogue
package import SnapModel

extension Engine {
    /// EBS's limit of changes in one request.
    package static let permissionChangeLimit = 500

    /// Adds to, or removes from, those who may create volumes from a snapshot. What is there already, or not there, is no
    /// error. Returns the snapshot as it is then.
    ///
    /// Throws `snapshotNotFound`, `missingParameter`, `invalidParameterCombination` for both at once, `invalidParameter`
    /// for too many, `operationNotPermitted` for making one public that is encrypted or has product codes.
    package func modifyPermissions(
        _ id: SnapshotID, add: [CreateVolumePermission], remove: [CreateVolumePermission]
    ) throws(EngineError) -> Snapshot {
        guard add.isEmpty || remove.isEmpty else {
            throw EngineError(
                .invalidParameterCombination, "Permissions can be added or removed, not both in one request")
        }
        let count = add.count + remove.count
        guard count > 0 else {
            throw EngineError(.missingParameter, "The request must contain the parameter createVolumePermission")
        }
        guard count <= Self.permissionChangeLimit else {
            throw EngineError(
                .invalidParameter, "\(count) permissions are more than the \(Self.permissionChangeLimit) of one request"
            )
        }
        return try changeSnapshot(id) { (snapshot) throws(EngineError) in
            if add.contains(.all) { try Self.refusePublishing(snapshot) }
            snapshot.permissions = Set(snapshot.permissions).union(add).subtracting(remove).sorted()
        }
    }

    /// Takes away all that was added. Returns the snapshot as it is then. Throws `snapshotNotFound`.
    package func resetPermissions(_ id: SnapshotID) throws(EngineError) -> Snapshot {
        try changeSnapshot(id) { (snapshot) throws(EngineError) in snapshot.permissions = [] }
    }

    private static func refusePublishing(_ snapshot: Snapshot) throws(EngineError) {
        guard snapshot.isEncrypted || !snapshot.productCodes.isEmpty else { return }
        let reason = snapshot.isEncrypted ? "is encrypted" : "has product codes"
        throw EngineError(.operationNotPermitted, "The snapshot '\(snapshot.id)' \(reason) and cannot be public")
    }
}
