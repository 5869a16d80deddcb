package import SnapModel

/// What only we know of a volume (tags, product codes, what it was made from), as the store keeps it. A volume of which
/// there is nothing to know but what its snapshots tell has none.
package struct VolumeRecord: Hashable, Sendable {
    package static let formatVersion = 1

    /// Its revision is counted up when the record is replaced.
    package var volume: Volume

    package init(_ volume: Volume) { self.volume = volume }

    package func encoded() throws(StoreError) -> [UInt8] {
        let fields = Fields(formatVersion: Self.formatVersion, volumeID: volume.id, volume: VolumeFields(volume))
        return try RecordText.encoded(fields, subject: volume.id.rawValue)
    }

    /// Throws `damaged` or `fromTheFuture`; `subject` is the key it was read from.
    package init(decoding bytes: [UInt8], subject: String) throws(StoreError) {
        let fields: Fields = try RecordText.decoded(
            bytes, versions: Self.formatVersion...Self.formatVersion, "a volume record", subject: subject)
        guard fields.volume.byteCount >= 0, (fields.volume.revision ?? 0) > 0 else {
            throw StoreError(.damaged, subject, "\(subject) is not a volume record: its size or revision is malformed")
        }
        volume = fields.volume.volume(fields.volumeID)
    }

    private struct Fields: Codable {
        var formatVersion: Int
        var volumeID: VolumeID
        var volume: VolumeFields

        enum CodingKeys: String, CodingKey {
            case formatVersion = "FormatVersion"
            case volumeID = "VolumeId"
            case volume = "Volume"
        }
    }
}
