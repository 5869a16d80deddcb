/// One layer of what a volume is made of: a device, a file, a filesystem.
package struct VolumeLayer: Hashable, Sendable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case disk, partition, loop, raid, file, filesystem
        case logicalVolume = "logical-volume"
        case deviceMapper = "device-mapper"
    }

    package var kind: Kind
    /// The path of its node or file; of a filesystem, where it is mounted.
    package var name: String
    /// In a few words: what else there is to say. May be empty.
    package var detail: String
    package var byteCount: Int?
    package var beneath: [VolumeLayer]

    package init(
        _ kind: Kind, _ name: String, detail: String = "", byteCount: Int? = nil, beneath: [VolumeLayer] = []
    ) {
        self.kind = kind
        self.name = name
        self.detail = detail
        self.byteCount = byteCount
        self.beneath = beneath
    }
}
