internal import SnapModel

/// The fields of a volume under EBS's names, in the order of its own example; what EBS does not know is under `Snapctl`.
enum RegisteredVolumeFields {
    /// EBS's kinds are of its own disks. Clients want one: this is that of a plain disk about which nothing is promised.
    static let volumeType = "standard"

    static func record(of volume: Volume, _ sighting: VolumeSighting) -> OutputValue {
        var fields: [OutputField] = []
        fields.append("Attachments", .list(attachments(of: volume, sighting)))
        fields.append("CreateTime", .time(volume.createTime))
        fields.append("Encrypted", .boolean(volume.isEncrypted))
        fields.append("KmsKeyId", volume.kmsKeyID.map(OutputValue.text))
        fields.append("Size", .integer(SnapshotFields.gibibytes(volume.byteCount)))
        fields.append("SnapshotId", .text(volume.sourceSnapshot?.rawValue ?? ""))
        fields.append("State", .text(sighting.state.rawValue))
        fields.append("VolumeId", .text(volume.id.rawValue))
        // Absent where there are none, as with EBS.
        if !volume.tags.isEmpty { fields.append("Tags", .list(volume.tags.map(tag))) }
        fields.append("VolumeType", .text(volumeType))
        fields.append("MultiAttachEnabled", .boolean(false))
        fields.append("Snapctl", own(volume, sighting))
        return .record(fields)
    }

    private static func tag(_ tag: Tag) -> OutputValue {
        .record([OutputField("Key", .text(tag.key)), OutputField("Value", .text(tag.value))])
    }

    private static func attachments(of volume: Volume, _ sighting: VolumeSighting) -> [OutputValue] {
        guard let attachment = sighting.attachment else { return [] }
        return [
            .record([
                OutputField("DeleteOnTermination", .boolean(false)), OutputField("VolumeId", .text(volume.id.rawValue)),
                OutputField("State", .text("attached")), OutputField("Device", .text(attachment.device)),
            ])
        ]
    }

    private static func own(_ volume: Volume, _ sighting: VolumeSighting) -> OutputValue {
        var fields: [OutputField] = []
        fields.append("Path", .text(volume.path))
        fields.append("ByteCount", .integer(volume.byteCount))
        fields.append("Identity", .text(volume.identity.value))
        fields.append("IdentityStrength", .text(volume.identity.strength.rawValue))
        fields.append("IsThere", .boolean(sighting.isThere))
        fields.append("MountPoints", sighting.attachment.map { .list($0.mountPoints.map(OutputValue.text)) })
        if !volume.productCodes.isEmpty {
            fields.append("ProductCodes", .list(volume.productCodes.map(productCode)))
        }
        return .record(fields)
    }

    private static func productCode(_ code: ProductCode) -> OutputValue {
        .record([
            OutputField("ProductCodeId", .text(code.code)), OutputField("ProductCodeType", .text(code.type.rawValue)),
        ])
    }
}
