internal import SnapCatalogue
internal import SnapDevice
package import SnapModel
internal import SnapSystem
package import SystemPackage

extension Engine {
    /// Registers the volume at a path, or finds it among those that are known; gives it tags and product codes beside
    /// those that it has. From now on it is known also without snapshots, after a rebuild too. It is only looked at.
    ///
    /// Throws `volumeNotFound`, `notAVolume`, `emptyVolume`, `permissionDenied`, and what `setTags` throws of tags.
    package func registerVolume(
        _ path: FilePath, tags: [Tag] = [], productCodes: [ProductCode] = []
    ) throws(EngineError) -> Volume {
        try checkingTags { () throws(TagRules.Breach) in try TagRules.check(tags) }
        let facts = try VolumeFacts.inspecting(path.string)
        guard facts.byteCount > 0 else { throw EngineError(.emptyVolume, "\(path) has no bytes") }
        try Self.refuseRoot(facts, configuration)
        let volume = try cataloguing { () throws(CatalogueError) in try register(facts, at: .now()) }
        return try changeVolume(volume.id) { (volume) throws(EngineError) in
            volume.tags = volume.tags.setting(tags)
            try checkingTags { () throws(TagRules.Breach) in try TagRules.checkCount(volume.tags.count) }
            volume.productCodes += productCodes.filter { !volume.productCodes.contains($0) }
        }
    }

    /// The volumes named, or all that are known, in the order in which they became known. Throws `volumeNotFound`.
    package func volumes(_ ids: [VolumeID] = []) throws(EngineError) -> [Volume] {
        try cataloguing { () throws(CatalogueError) in
            ids.isEmpty ? try catalogue.volumes() : try catalogue.volumes(ids)
        }
    }

    /// Looks for a volume where it was last seen, and who uses it there. Tens of milliseconds.
    package func sight(_ volume: Volume) -> VolumeSighting {
        guard let facts = try? VolumeFacts.inspect(FilePath(volume.path)), facts.identity == volume.identity else {
            return VolumeSighting(isThere: false)
        }
        let users = VolumeUsers.find(of: facts)
        let points = Set(users.filesystems.flatMap(\.mountPoints).map(\.string)).sorted()
        let isUsed =
            !points.isEmpty || !facts.uses.isEmpty || !users.swaps.isEmpty || !users.holders.isEmpty
            || !users.hiddenClaims.isEmpty
        return VolumeSighting(
            isThere: true,
            attachment: isUsed ? VolumeAttachment(device: facts.path.string, mountPoints: points) : nil)
    }

    /// Changes what only we know of a volume.
    func changeVolume(
        _ id: VolumeID, _ body: (inout Volume) throws(EngineError) -> Void
    ) throws(EngineError) -> Volume {
        let changed = try change(RecordSet(volumes: [id])) { (draft) throws(EngineError) in
            try body(&draft.volumes[0])
        }
        return changed.volumes[0]
    }
}
