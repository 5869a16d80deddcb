internal import SnapEngine
internal import SnapModel

/// A volume under EBS's names; what EBS does not know is under `Snapctl`.
enum VolumeFields {
    static func record(of described: DescribedVolume) -> OutputValue {
        let volume = described.volume
        var fields: [OutputField] = []
        fields.append("Attachments", .list(described.sighting.attachment.map { [attachment($0, of: volume)] } ?? []))
        fields.append("CreateTime", .time(volume.createTime))
        fields.append("Encrypted", .boolean(volume.isEncrypted))
        if volume.isEncrypted { fields.append("KmsKeyId", volume.kmsKeyID.map(OutputValue.text)) }
        fields.append("Size", .integer(Gibibytes.roundedUp(volume.byteCount)))
        fields.append("SnapshotId", .text(volume.sourceSnapshot?.rawValue ?? ""))
        fields.append("State", .text(described.sighting.state.rawValue))
        fields.append("VolumeId", .text(volume.id.rawValue))
        // As EBS: a volume without tags has no such field.
        if !volume.tags.isEmpty { fields.append("Tags", .list(volume.tags.map(SnapshotFields.tag))) }
        fields.append("VolumeType", .text(Volume.type))
        fields.append("MultiAttachEnabled", .boolean(false))
        fields.append("Snapctl", own(described))
        return .record(fields)
    }

    private static func attachment(_ attachment: VolumeAttachment, of volume: Volume) -> OutputValue {
        .record([
            OutputField("Device", .text(attachment.device)), OutputField("InstanceId", .text(Engine.instanceID)),
            OutputField("State", .text("attached")), OutputField("VolumeId", .text(volume.id.rawValue)),
            OutputField("DeleteOnTermination", .boolean(false)),
        ])
    }

    private static func own(_ described: DescribedVolume) -> OutputValue {
        let volume = described.volume
        var fields: [OutputField] = []
        fields.append("Path", .text(volume.path))
        fields.append("IsThere", .boolean(described.sighting.isThere))
        fields.append("VolumeByteCount", .integer(volume.byteCount))
        fields.append(
            "MountPoints", described.sighting.attachment.map { .list($0.mountPoints.map(OutputValue.text)) })
        fields.append("Identity", .text(volume.identity.value))
        if !volume.productCodes.isEmpty {
            fields.append("ProductCodes", .list(volume.productCodes.map { .text($0.code) }))
        }
        return .record(fields)
    }
}

/// One volume, as EBS answers CreateVolume.
struct VolumeRecordAnswer: Answer {
    let described: DescribedVolume

    init(_ described: DescribedVolume) { self.described = described }

    var value: OutputValue { VolumeFields.record(of: described) }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        VolumeListAnswer(volumes: [described]).writeTable(to: output, style: style, columnCount: columnCount)
    }
}

/// Volumes, as EBS answers DescribeVolumes.
struct VolumeListAnswer: Answer {
    let volumes: [DescribedVolume]
    var nextToken: String?

    var value: OutputValue { .page("Volumes", .list(volumes.map(VolumeFields.record)), nextToken) }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        var table = Table([
            .init("VOLUME"), .init("STATE"), .init("SIZE", isNumber: true), .init("FROM"), .init("MOUNTED AT"),
            .init("PATH"),
        ])
        for described in volumes { table.append(Self.row(of: described)) }
        table.write(to: output, style: style, columnCount: columnCount)
    }

    private static func row(of described: DescribedVolume) -> [Table.Cell] {
        let sighting = described.sighting
        let points = sighting.attachment.map { $0.mountPoints.joined(separator: ", ") } ?? ""
        return [
            .init(described.volume.id.rawValue), .init(sighting.isThere ? sighting.state.rawValue : "not there"),
            .init(HumanText.bytes(described.volume.byteCount)),
            .init(described.volume.sourceSnapshot?.rawValue ?? "–"), .init(points.isEmpty ? "–" : points),
            .init(described.volume.path),
        ]
    }
}
