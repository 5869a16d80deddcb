internal import SnapEngine
internal import SnapModel

/// ModifySnapshotAttribute, DescribeSnapshotAttribute, ResetSnapshotAttribute.
extension OperationTable {
    static let attributes = [modifySnapshotAttribute, describeSnapshotAttribute, resetSnapshotAttribute]

    private static let permissionName = "createVolumePermission"
    private static let productCodesName = "productCodes"
    private static let attribute = Shape.word([productCodesName, permissionName])

    private static let permission = Shape.structure(
        StructureShape([.member("UserId", .string), .member("Group", .word([CreateVolumePermission.groupName]))]))

    private static let modifySnapshotAttribute = Operation(
        "ModifySnapshotAttribute", "Change who else may create volumes from a snapshot.",
        input: StructureShape([
            .member("Attribute", attribute),
            .member(
                "CreateVolumePermission",
                .structure(
                    StructureShape([.member("Add", .list(permission)), .member("Remove", .list(permission))])),
                "One way to say it."),
            .member("GroupNames", .list(.string), "The other way, with --operation-type: the group all."),
            .member("OperationType", .word(["add", "remove"])), Shapes.snapshotID,
            .member("UserIds", .list(.string), "The same, for accounts."), Shapes.dryRun,
        ]), output: nil
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun(engine)
        try refuseProductCodes(input, "modified")
        let change = try PermissionChange(input)
        _ = try engine.modifyPermissions(try input.snapshotID(), add: change.add, remove: change.remove)
        return nil
    }

    private static let describeSnapshotAttribute = Operation(
        "DescribeSnapshotAttribute", "Show who else may create volumes from a snapshot, or its product codes.",
        input: StructureShape([.required("Attribute", attribute), Shapes.snapshotID, Shapes.dryRun]),
        output: StructureShape([
            .member(
                "ProductCodes",
                .list(
                    .structure(
                        StructureShape([
                            .member("ProductCodeId", .string),
                            .member("ProductCodeType", .word(["devpay", "marketplace"])),
                        ])))),
            .member("SnapshotId", .string), .member("CreateVolumePermissions", .list(permission)),
        ])
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun()
        let snapshot = try engine.snapshots([try input.snapshotID()])[0]
        var fields = [OutputField("SnapshotId", .text(snapshot.id.rawValue))]
        if input.text("Attribute") == productCodesName {
            fields.append("ProductCodes", .list(snapshot.productCodes.map(Self.fields)))
        } else {
            fields.append("CreateVolumePermissions", .list(snapshot.permissions.map(Self.fields)))
        }
        return DocumentAnswer(value: .record(fields))
    }

    private static let resetSnapshotAttribute = Operation(
        "ResetSnapshotAttribute", "Let nobody else create volumes from a snapshot.",
        input: StructureShape([.required("Attribute", attribute), Shapes.snapshotID, Shapes.dryRun]), output: nil
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun(engine)
        try refuseProductCodes(input, "reset")
        _ = try engine.resetPermissions(try input.snapshotID())
        return nil
    }

    private static func refuseProductCodes(_ input: OperationInput, _ word: String) throws(EngineError) {
        guard input.text("Attribute") == productCodesName else { return }
        throw EngineError(
            .invalidParameter, "Value (\(productCodesName)) for parameter attribute is invalid. It cannot be \(word).")
    }

    private static func fields(of code: ProductCode) -> OutputValue {
        .record([
            OutputField("ProductCodeId", .text(code.code)), OutputField("ProductCodeType", .text(code.type.rawValue)),
        ])
    }

    private static func fields(of permission: CreateVolumePermission) -> OutputValue {
        switch permission {
        case .all: .record([OutputField("Group", .text(permission.grantee))])
        case .user(let account): .record([OutputField("UserId", .text(account))])
        }
    }
}

/// Who is added and who is removed, from either spelling; with both, from both.
struct PermissionChange {
    private(set) var add: [CreateVolumePermission] = []
    private(set) var remove: [CreateVolumePermission] = []

    init(_ input: OperationInput) throws(EngineError) {
        if let structured = input.record("CreateVolumePermission") {
            add = try Self.permissions(structured.records("Add"))
            remove = try Self.permissions(structured.records("Remove"))
        }
        let named = try Self.permissions(accounts: input.texts("UserIds"), groups: input.texts("GroupNames"))
        guard !named.isEmpty else { return }
        switch input.text("OperationType") {
        case "add": add += named
        case "remove": remove += named
        default:
            throw EngineError(.missingParameter, "The request must contain the parameter operationType")
        }
    }

    private static func permissions(
        _ records: [OperationInput]
    ) throws(EngineError) -> [CreateVolumePermission] {
        var permissions: [CreateVolumePermission] = []
        for record in records {
            permissions += try self.permissions(
                accounts: record.text("UserId").map { [$0] } ?? [], groups: record.text("Group").map { [$0] } ?? [])
        }
        return permissions
    }

    private static func permissions(
        accounts: [String], groups: [String]
    ) throws(EngineError) -> [CreateVolumePermission] {
        if let group = groups.first(where: { $0 != CreateVolumePermission.groupName }) {
            throw EngineError(.invalidPermission, "Invalid attribute item value \"\(group)\" for userGroup item type.")
        }
        return try groups.map { _ in .all }
            + accounts.map { (account) throws(EngineError) in
                guard let permission = CreateVolumePermission(account: account) else {
                    throw EngineError(
                        .invalidPermission, "Invalid attribute item value \"\(account)\" for userId item type.")
                }
                return permission
            }
    }
}
