internal import SnapModel

/// What `volume inspect` saw.
struct VolumeAnswer: Answer {
    let report: VolumeReport
    /// As the user named it.
    let path: String

    var value: OutputValue {
        var fields: [OutputField] = []
        fields.append("Path", .text(path))
        fields.append("ByteCount", .integer(report.byteCount))
        fields.append("Identity", .text(report.identity.value))
        fields.append("IdentityStrength", .text(report.identity.strength.rawValue))
        fields.append("IsRootVolume", .boolean(report.isRootVolume))
        fields.append("Stack", Self.record(of: report.stack))
        fields.append("Filesystems", .list(report.filesystems.map(Self.record)))
        fields.append("OtherUses", .list(report.otherUses.map(OutputValue.text)))
        fields.append("CanReflink", report.canReflink.map(OutputValue.boolean))
        fields.append("ReflinkDetail", report.canReflink.map { _ in .text(report.reflinkDetail) })
        fields.append("Methods", .list(report.methods.map(Self.record)))
        fields.append("AutomaticMethod", report.automaticMethod.map { .text($0.rawValue) })
        fields.append("Refusal", report.refusal.map(OutputValue.text))
        return .record(fields)
    }

    private static func record(of layer: VolumeLayer) -> OutputValue {
        var fields: [OutputField] = []
        fields.append("Kind", .text(layer.kind.rawValue))
        fields.append("Name", .text(layer.name))
        fields.append("Detail", .text(layer.detail))
        fields.append("ByteCount", layer.byteCount.map(OutputValue.integer))
        fields.append("Beneath", .list(layer.beneath.map(record)))
        return .record(fields)
    }

    private static func record(of filesystem: VolumeReport.Filesystem) -> OutputValue {
        .record([
            OutputField("Device", .text(filesystem.deviceName)),
            OutputField("Type", .text(filesystem.type)),
            OutputField("MountPoints", .list(filesystem.mountPoints.map(OutputValue.text))),
            OutputField("ReadOnly", .boolean(filesystem.isReadOnly)),
            OutputField("CanBeFrozen", .boolean(filesystem.canBeFrozen)),
        ])
    }

    private static func record(of assessment: MethodAssessment) -> OutputValue {
        var fields: [OutputField] = []
        fields.append("Method", .text(assessment.method.rawValue))
        fields.append("Verdict", .text(assessment.verdict.rawValue))
        fields.append("Level", assessment.level.map { .text($0.rawValue) })
        fields.append("Reason", .text(assessment.reason))
        fields.append("Remedy", assessment.remedy.map(OutputValue.text))
        return .record(fields)
    }
}
