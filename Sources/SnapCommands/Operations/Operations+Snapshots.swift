internal import SnapEngine
internal import SnapModel

/// CreateSnapshot, CreateSnapshots, DescribeSnapshots.
extension OperationTable {
    static let snapshots = [createSnapshot, createSnapshots, describeSnapshots]

    private static let description = StructureShape.Member.member(
        "Description", .string, "What the snapshot is for: at most 255 characters.")

    private static let places: [StructureShape.Member] = [
        .idle("Location", .word(["regional"]), "Accepted, and of no meaning: there are no other places here."),
        .refused("OutpostArn", .string),
    ]

    private static let createSnapshot = Operation(
        "CreateSnapshot", "Take a snapshot of a volume.",
        input: StructureShape(
            [
                description,
                .member("VolumeId", .string, "The id of the volume, vol-…. Required, unless --volume is given."),
                Shapes.tagSpecifications("snapshot"), Shapes.dryRun,
                .idle("Volume", .string, "A block device or an image file, instead of an id. EC2 has no such option."),
            ] + places),
        output: Shapes.snapshot
    ) { (input, own: CreateOptions) in
        let request = try own.request(
            volumes: [try volume(input)], description: input.text("Description") ?? "",
            tags: try input.tagSpecifications(for: SnapshotID.resourceType))
        let configuration = try own.configuration()
        if input.isDryRun { throw DryRunFields.error(of: try Engine.check(request, configuration)) }
        defer { WorkerRun.resumeAfterCreate(configuration) }
        return try own.carryOut(request).first.map(SnapshotAnswer.init(snapshot:))
    }

    private static func volume(_ input: OperationInput) throws -> String {
        if let path = input.text("Volume") { return path }
        guard let id = input.text("VolumeId") else {
            throw OperationUsage("the following arguments are required: --volume-id")
        }
        return try Identifiers.volumeID(id).rawValue
    }

    private static let createSnapshots = Operation(
        "CreateSnapshots", "Take snapshots of several volumes at one instant.",
        input: StructureShape(
            [
                description,
                .member(
                    "InstanceSpecification",
                    .structure(
                        StructureShape([
                            .required("InstanceId", .string), .member("ExcludeBootVolume", .boolean),
                            .member("ExcludeDataVolumeIds", .list(.string)),
                        ])),
                    "This machine, whose volumes are those that snapctl knows and finds; 'snapctl describe-volumes' shows its id."
                ),
                Shapes.tagSpecifications("snapshot"), Shapes.dryRun,
                .member(
                    "CopyTagsFromSource", .word(["volume"]), "Whether the snapshots get the tags of their volumes."),
                .idle(
                    "Volume", .list(.string),
                    "The volumes: paths or ids, instead of an instance. EC2 has no such option."),
            ] + places),
        output: StructureShape([.member("Snapshots", .list(.structure(Shapes.setSnapshot)))])
    ) { (input, own: CreateOptions) in
        let configuration = try own.configuration()
        var request = try own.request(
            volumes: try InstanceVolumes.chosen(by: input, configuration), description: input.text("Description") ?? "",
            tags: try input.tagSpecifications(for: SnapshotID.resourceType))
        request.copiesVolumeTags = input.has("CopyTagsFromSource")
        if input.isDryRun { throw DryRunFields.error(of: try Engine.check(request, configuration)) }
        defer { WorkerRun.resumeAfterCreate(configuration) }
        return SnapshotListAnswer(snapshots: try own.carryOut(request))
    }

    private static let describeSnapshots = Operation(
        "DescribeSnapshots", "Show snapshots: all, those named, or those that filters let through.",
        input: StructureShape([
            Shapes.maxResults, Shapes.nextToken,
            .member("OwnerIds", .list(.string), "Accounts, self, amazon."),
            .member("RestorableByUserIds", .list(.string), "Accounts, self, all."), Shapes.snapshotIDs, Shapes.dryRun,
            Shapes.filters,
        ]),
        output: Shapes.page("Snapshots", of: Shapes.snapshot)
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun()
        let query = SnapshotQuery(
            ids: try input.snapshotIDs(), ownerIDs: input.texts("OwnerIds"),
            restorableByUserIDs: input.texts("RestorableByUserIds"), filters: input.filters, page: input.page)
        let page = try engine.snapshots(query)
        return SnapshotListAnswer(snapshots: page.elements, nextToken: page.nextToken)
    }
}
