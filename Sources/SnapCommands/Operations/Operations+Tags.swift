internal import SnapEngine
internal import SnapModel

/// CreateTags, DeleteTags, DescribeTags.
extension OperationTable {
    static let tags = [createTags, deleteTags, describeTags]

    private static let resources = StructureShape.Member.required(
        "Resources", .list(.string), "Ids of snapshots and volumes: at most 1000.")

    private static let createTags = Operation(
        "CreateTags", "Give snapshots and volumes tags, in place of those with the same keys.",
        input: StructureShape([Shapes.dryRun, resources, .required("Tags", .list(Shapes.tag))]), output: nil
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun(engine)
        for tag in input.records("Tags") where !tag.has("Value") {
            throw EngineError(
                .invalidParameter, "Tag value cannot be null. Use empty string instead. (\(tag.text("Key") ?? "null"))")
        }
        try engine.setTags(input.texts("Resources"), input.tags)
        return nil
    }

    private static let deleteTags = Operation(
        "DeleteTags", "Take tags from snapshots and volumes.",
        input: StructureShape([
            Shapes.dryRun, resources,
            .member(
                "Tags", .list(Shapes.tag),
                "A key without a value is any value; with an empty value it is that one. Without tags: all of them."),
        ]), output: nil
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun(engine)
        let selectors = input.records("Tags").map { TagSelector(key: $0.text("Key") ?? "", value: $0.text("Value")) }
        try engine.deleteTags(input.texts("Resources"), selectors)
        return nil
    }

    private static let describedTag = StructureShape([
        .member("Key", .string), .member("ResourceId", .string),
        .member("ResourceType", .word(["snapshot", "volume"])),
        .member("Value", .string),
    ])

    private static let describeTags = Operation(
        "DescribeTags", "Show tags of snapshots and volumes.",
        input: StructureShape([Shapes.dryRun, Shapes.filters, Shapes.maxResults, Shapes.nextToken]),
        output: Shapes.page("Tags", of: describedTag)
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun()
        let page = try engine.tags(TagQuery(filters: input.filters, page: input.page))
        return DocumentAnswer(value: .page("Tags", .list(page.elements.map(Self.fields)), page.nextToken))
    }

    private static func fields(_ tag: ResourceTag) -> OutputValue {
        .record([
            OutputField("Key", .text(tag.tag.key)), OutputField("ResourceId", .text(tag.resourceID)),
            OutputField("ResourceType", .text(tag.resourceType)), OutputField("Value", .text(tag.tag.value)),
        ])
    }
}
