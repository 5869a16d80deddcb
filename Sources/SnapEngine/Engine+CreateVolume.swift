internal import SnapCatalogue
internal import SnapConsistency
internal import SnapDevice
package import SnapModel
package import SnapSystem
package import SystemPackage

/// What `createVolume` is asked for.
package struct CreateVolumeRequest: Sendable {
    package enum Target: Hashable, Sendable {
        /// A block device that is there, or a file, which is made.
        case path(FilePath)
        /// A logical volume, which is made.
        case logicalVolume(name: String, group: String)
    }

    package var snapshot: SnapshotID
    package var target: Target
    /// At least that of the snapshot; nil: that of the snapshot. A device must have as many.
    package var byteCount: Int?
    package var tags: [Tag]
    /// As of `RestoreRequest`.
    package var force: Bool

    package init(
        snapshot: SnapshotID, target: Target, byteCount: Int? = nil, tags: [Tag] = [], force: Bool = false
    ) {
        self.snapshot = snapshot
        self.target = target
        self.byteCount = byteCount
        self.tags = tags
        self.force = force
    }
}

/// A volume that was made, and what came of reading the image.
package struct CreatedVolume: Sendable {
    package var volume: Volume
    package var outcome: ImageOutcome
}

extension Engine {
    /// Makes a volume from a snapshot: restores it, and records what the volume was made from, with the snapshot's product
    /// codes. A device that is known already stays the volume that it is.
    ///
    /// Throws what `restore` and `registerVolume` throw, and `noReserve` where a volume group has no room. A logical volume
    /// that was made is removed again then, and so is a file unless it was whole: `volume add` registers that.
    package func createVolume(
        _ request: CreateVolumeRequest, progress: TransferProgress, cancellation: CancellationFlag
    ) throws(EngineError) -> CreatedVolume {
        try checkingTags { () throws(TagRules.Breach) in try TagRules.check(request.tags) }
        return try whileReading([request.snapshot]) { () throws(EngineError) in
            let snapshot = try completedSnapshot(request.snapshot).snapshot
            let byteCount = try Self.byteCount(of: request, snapshot)
            let made = try makeLogicalVolume(request.target, byteCount)
            do throws(EngineError) {
                let path = try Self.path(of: request.target, made)
                let outcome = try restore(
                    RestoreRequest(snapshot: snapshot.id, target: path, force: request.force || made != nil),
                    progress: progress, cancellation: cancellation)
                try Self.grow(path, to: byteCount)
                return CreatedVolume(volume: try register(path, from: snapshot, request.tags), outcome: outcome)
            } catch {
                try? made?.remove()
                throw error
            }
        }
    }

    private func register(_ path: FilePath, from snapshot: Snapshot, _ tags: [Tag]) throws(EngineError) -> Volume {
        let volume = try registerVolume(path, tags: tags, productCodes: snapshot.productCodes)
        return try changeVolume(volume.id) { (volume) throws(EngineError) in volume.sourceSnapshot = snapshot.id }
    }

    private static func byteCount(of request: CreateVolumeRequest, _ snapshot: Snapshot) throws(EngineError) -> Int {
        let byteCount = request.byteCount ?? snapshot.volumeByteCount
        guard byteCount >= snapshot.volumeByteCount else {
            throw EngineError(
                .invalidParameter,
                "The volume size is invalid: \(byteCount) bytes are fewer than the \(snapshot.volumeByteCount) of \(snapshot.id)"
            )
        }
        guard case .path(let path) = request.target, let facts = try? VolumeFacts.inspect(path) else {
            return byteCount
        }
        guard facts.kind == .regularFile || facts.byteCount >= byteCount else {
            throw EngineError(
                .targetTooSmall,
                "\(path) has \(facts.byteCount) bytes, \(byteCount) were asked for; choose another device")
        }
        return byteCount
    }

    private func makeLogicalVolume(
        _ target: CreateVolumeRequest.Target, _ byteCount: Int
    ) throws(EngineError) -> NewLogicalVolume? {
        guard case .logicalVolume(let name, let group) = target else { return nil }
        return try securing { () throws(ConsistencyError) in
            try NewLogicalVolume.make(name, in: group, byteCount: byteCount)
        }
    }

    private static func path(
        of target: CreateVolumeRequest.Target, _ made: NewLogicalVolume?
    ) throws(EngineError) -> FilePath {
        switch target {
        case .path(let path): path
        case .logicalVolume(let name, let group):
            if let made { made.path } else { throw EngineError(.failed, "\(group)/\(name) was not made") }
        }
    }

    /// A file has the size of the image; what is more is a hole behind it.
    private static func grow(_ path: FilePath, to byteCount: Int) throws(EngineError) {
        do throws(SystemError) {
            let status = try FileStatus(of: path)
            guard status.kind == .regularFile, status.byteCount < byteCount else { return }
            let file = try OwnedDescriptor(opening: path, .readWrite)
            try file.resize(to: byteCount)
            try file.synchronise()
        } catch {
            throw EngineError(.targetWriteFailed, "\(error)")
        }
    }
}
