/// Shapes that several operations have.
enum Shapes {
    static let tag = Shape.structure(StructureShape([.member("Key", .string), .member("Value", .string)]))

    static let filters = StructureShape.Member.member(
        "Filters",
        .list(.structure(StructureShape([.member("Name", .string), .member("Values", .list(.string))]))),
        """
        All filters have to hold, each for one of its values. * stands for any characters, ? for one, \\ takes their \
        meaning.
        """)

    static let dryRun = StructureShape.Member.member(
        "DryRun", .boolean,
        "Only finds out whether it could be done, and fails with DryRunOperation if so, else with UnauthorizedOperation."
    )

    static let maxResults = StructureShape.Member.member("MaxResults", .integer, "At most so many, from 5 to 1000.")

    static let nextToken = StructureShape.Member.member(
        "NextToken", .string, "The NextToken of the answer before: what comes after it.")

    static let snapshotID = StructureShape.Member.required("SnapshotId", .string)

    static let snapshotIDs = StructureShape.Member.member("SnapshotIds", .list(.string))

    static func tagSpecifications(_ resourceType: String) -> StructureShape.Member {
        .member(
            "TagSpecifications",
            .list(
                .structure(
                    StructureShape([
                        .member("ResourceType", .string), .member("Tags", .list(tag)),
                    ]))),
            "Tags for the new resource; its ResourceType is \(resourceType).")
    }

    static let snapshotState = Shape.word(["pending", "completed", "error", "recoverable", "recovering"])

    /// What CreateSnapshot answers, and DescribeSnapshots for each.
    static let snapshot = StructureShape([
        .member("OwnerAlias", .string), .member("Tags", .list(tag)),
        .member("StorageTier", .word(["standard", "archive"])),
        .member("CompletionTime", .timestamp), .member("FullSnapshotSizeInBytes", .integer),
        .member("SnapshotId", .string), .member("VolumeId", .string), .member("State", snapshotState),
        .member("StateMessage", .string), .member("StartTime", .timestamp), .member("Progress", .string),
        .member("OwnerId", .string), .member("Description", .string), .member("VolumeSize", .integer),
        .member("Encrypted", .boolean), .member("KmsKeyId", .string), .member("DataEncryptionKeyId", .string),
    ])

    /// What CreateSnapshots answers for each.
    static let setSnapshot = StructureShape([
        .member("Description", .string), .member("Tags", .list(tag)), .member("Encrypted", .boolean),
        .member("VolumeId", .string), .member("State", snapshotState), .member("VolumeSize", .integer),
        .member("StartTime", .timestamp), .member("Progress", .string), .member("OwnerId", .string),
        .member("SnapshotId", .string),
    ])

    static let volume = StructureShape([
        .member("Tags", .list(tag)),
        .member("VolumeType", .word(["standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"])),
        .member("MultiAttachEnabled", .boolean), .member("VolumeId", .string), .member("Size", .integer),
        .member("SnapshotId", .string), .member("AvailabilityZone", .string),
        .member("State", .word(["creating", "available", "in-use", "deleting", "deleted", "error"])),
        .member("CreateTime", .timestamp),
        .member(
            "Attachments",
            .list(
                .structure(
                    StructureShape([
                        .member("DeleteOnTermination", .boolean), .member("VolumeId", .string),
                        .member("InstanceId", .string), .member("Device", .string),
                        .member("State", .word(["attaching", "attached", "detaching", "detached", "busy"])),
                        .member("AttachTime", .timestamp),
                    ])))),
        .member("Encrypted", .boolean), .member("KmsKeyId", .string),
    ])

    static let lockState = Shape.word(["compliance", "governance", "compliance-cooloff", "expired"])

    /// What LockSnapshot answers, and with the owner, DescribeLockedSnapshots for each.
    static let lock: [StructureShape.Member] = [
        .member("SnapshotId", .string), .member("LockState", lockState), .member("LockDuration", .integer),
        .member("CoolOffPeriod", .integer), .member("CoolOffPeriodExpiresOn", .timestamp),
        .member("LockCreatedOn", .timestamp), .member("LockExpiresOn", .timestamp),
        .member("LockDurationStartTime", .timestamp),
    ]

    static func page(_ name: String, of element: StructureShape) -> StructureShape {
        StructureShape([.member("NextToken", .string), .member(name, .list(.structure(element)))])
    }
}
