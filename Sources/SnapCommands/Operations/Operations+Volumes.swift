internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SystemPackage

/// CreateVolume, DescribeVolumes.
extension OperationTable {
    static let volumes = [createVolume, describeVolumes]

    private static let zoneNote = "Accepted, and of no meaning: there are no zones here."

    private static let createVolume = Operation(
        "CreateVolume", "Make a volume from a snapshot: a new image file, a logical volume, or a device that is there.",
        input: StructureShape([
            .member("SnapshotId", .string, "Required here: an empty volume takes no snapctl."),
            .member("Size", .integer, "GiB; without it, the size of the snapshot."),
            .member("VolumeType", .word([Volume.type]), "The only type here."),
            Shapes.tagSpecifications("volume"), Shapes.dryRun,
            .idle("AvailabilityZone", .string, zoneNote), .idle("AvailabilityZoneId", .string, zoneNote),
            .refused("Encrypted", .boolean), .refused("KmsKeyId", .string), .refused("Iops", .integer),
            .refused("Throughput", .integer), .refused("MultiAttachEnabled", .boolean),
            .refused("OutpostArn", .string), .refused("ClientToken", .string),
            .refused("VolumeInitializationRate", .integer),
        ]),
        output: Shapes.volume
    ) { (input, own: CreateVolumeOptions) in
        guard let text = input.text("SnapshotId") else {
            throw EngineError(.missingParameter, "The request must contain the parameter size/snapshot")
        }
        let request = CreateVolumeRequest(
            snapshot: try Identifiers.snapshot(text), target: try own.target(),
            byteCount: try byteCount(input.integer("Size")),
            tags: try input.tagSpecifications(for: VolumeID.resourceType), force: own.force)
        let engine = try own.shared.openEngine()
        try input.endDryRun(engine)
        return VolumeRecordAnswer(try own.carryOut(request, engine))
    }

    private static func byteCount(_ gibibytes: Int?) throws(EngineError) -> Int? {
        guard let gibibytes else { return nil }
        guard VolumeLimits.gibibyteRange.contains(gibibytes) else {
            throw EngineError(
                .invalidParameter,
                "Value (\(gibibytes)) for parameter size is invalid. It is from "
                    + "\(VolumeLimits.gibibyteRange.lowerBound) to \(VolumeLimits.gibibyteRange.upperBound) GiB")
        }
        return gibibytes << 30
    }

    private static let describeVolumes = Operation(
        "DescribeVolumes", "Show the volumes that are known, and who uses them now.",
        input: StructureShape([
            .member("VolumeIds", .list(.string)), Shapes.dryRun, Shapes.filters, Shapes.nextToken, Shapes.maxResults,
        ]),
        output: Shapes.page("Volumes", of: Shapes.volume)
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun()
        let ids = try input.texts("VolumeIds").map { (text) throws(EngineError) in try Identifiers.volumeID(text) }
        let page = try engine.volumes(VolumeQuery(ids: ids, filters: input.filters, page: input.page))
        return VolumeListAnswer(volumes: page.elements, nextToken: page.nextToken)
    }
}

/// What snapctl adds to CreateVolume: where the volume is to be.
struct CreateVolumeOptions: OwnOptions {
    @Option(
        help: ArgumentHelp("An image file, which is made, or a block device that is there.", valueName: "path"),
        completion: .file())
    var to: String?

    @Option(help: ArgumentHelp("A logical volume to make instead.", valueName: "group/name"))
    var logicalVolume: String?

    @Flag(help: "Overwrite what is recognised on the device.")
    var force = false

    @OptionGroup var shared: SharedOptions

    func target() throws -> CreateVolumeRequest.Target {
        switch (to, logicalVolume) {
        case (let path?, nil) where !path.isEmpty: return .path(PointInTimeArguments.absolute(path))
        case (nil, let name?):
            let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts.contains("") else {
                throw OperationUsage("argument --logical-volume: expected group/name, not '\(name)'")
            }
            return .logicalVolume(name: parts[1], group: parts[0])
        default:
            throw OperationUsage("name where the volume is to be: --to PATH, or --logical-volume GROUP/NAME")
        }
    }

    func carryOut(_ request: CreateVolumeRequest, _ engine: Engine) throws(EngineError) -> DescribedVolume {
        let run = LongRun("create-volume", isQuiet: shared.quiet)
        let created = try run.cancellable { () throws(EngineError) in
            try engine.createVolume(request, progress: run.progress, cancellation: run.cancellation)
        }
        return DescribedVolume(volume: created.volume, sighting: engine.sight(created.volume))
    }
}
