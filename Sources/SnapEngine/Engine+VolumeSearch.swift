package import SnapModel

/// A volume, and how it was found when it was asked for.
package struct DescribedVolume: Hashable, Sendable {
    package var volume: Volume
    package var sighting: VolumeSighting

    package init(volume: Volume, sighting: VolumeSighting) {
        self.volume = volume
        self.sighting = sighting
    }
}

extension Engine {
    /// The volumes that a query asks for, by id.
    ///
    /// Volumes are few, and who uses one is not in the catalogue: each is looked at, unless what is recorded of it has
    /// ruled it out already. Throws as `snapshots(_:)`, and `volumeNotFound`.
    package func volumes(_ query: VolumeQuery) throws(EngineError) -> Page<DescribedVolume> {
        try query.page.refuse(besides: "volumeSet", query.ids)
        let filters: [FieldFilter<VolumeField>] = try FilterReading.filters(query.filters)
        let limit = try query.page.limit() ?? .max
        let seal = PageToken.seal(of: query)
        var volumes = try volumes(query.ids).sorted { $0.id < $1.id }
        if let token = query.page.nextToken {
            let last = try PageToken.lastID(token, seal)
            volumes.removeAll { $0.id.rawValue <= last }
        }
        var page = Page<DescribedVolume>([])
        for volume in volumes where filters.allSatisfy({ volume.matches($0) != false }) {
            let described = DescribedVolume(volume: volume, sighting: sight(volume))
            guard filters.allSatisfy(described.matches) else { continue }
            guard page.elements.count < limit else {
                page.nextToken = page.elements.last.map { PageToken.text(ofLast: $0.volume.id.rawValue, seal) }
                break
            }
            page.elements.append(described)
        }
        return page
    }
}

extension DescribedVolume {
    func matches(_ filter: FieldFilter<VolumeField>) -> Bool {
        if let isMatch = volume.matches(filter) { return isMatch }
        guard case .plain(let name) = filter.field else { return false }
        switch name {
        case .status: return filter.matches(sighting.state.rawValue)
        case .device: return sighting.attachment.map { filter.matches($0.device) } ?? false
        case .attachmentStatus: return sighting.attachment != nil && filter.matches("attached")
        case .instanceID: return sighting.attachment != nil && filter.matches(Engine.instanceID)
        case .deleteOnTermination: return sighting.attachment != nil && filter.matches("false")
        default: return false
        }
    }
}

extension Volume {
    /// nil where it takes a look at the machine to tell.
    fileprivate func matches(_ filter: FieldFilter<VolumeField>) -> Bool? {
        switch filter.field {
        case .tag(let key): tags.contains { Tag.areSame($0.key, key) && filter.matches($0.value) }
        case .plain(let name): matches(name, filter)
        }
    }

    private func matches(_ name: VolumeFieldName, _ filter: FieldFilter<VolumeField>) -> Bool? {
        switch name {
        case .createTime: filter.patterns.contains { $0.matches(createTime) }
        case .encrypted: filter.matches(String(isEncrypted))
        case .size: filter.matches(String(Gibibytes.roundedUp(byteCount)))
        case .snapshotID: filter.matches(sourceSnapshot?.rawValue ?? "")
        case .tagKey: tags.contains { filter.matches($0.key) }
        case .tagValue: tags.contains { filter.matches($0.value) }
        case .volumeID: filter.matches(id.rawValue)
        case .volumeType: filter.matches(Self.type)
        case .fastRestored, .multiAttachEnabled, .operatorManaged: filter.matches("false")
        // When a volume came into use nobody notes; it has no zone and no operator.
        case .attachTime, .availabilityZone, .availabilityZoneID, .operatorPrincipal: false
        case .status, .device, .attachmentStatus, .instanceID, .deleteOnTermination: nil
        }
    }
}
