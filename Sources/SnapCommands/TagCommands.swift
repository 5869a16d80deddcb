internal import ArgumentParser
internal import SnapEngine
internal import SnapModel

/// `snapctl tag`
struct TagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag",
        abstract: "Give a snapshot or a volume tags.",
        discussion: """
            In place of those with the same keys. Keys have at most 127 characters, values 255, a resource has at most 50.

            EXAMPLES
              snapctl tag snap-0123456789abcdef0 Name=web Team=shop
            """
    )

    @Argument(help: ArgumentHelp("The id of a snapshot or a volume.", valueName: "id"))
    var resource: String

    @Argument(help: ArgumentHelp("Tags.", valueName: "key=value"))
    var tags: [TagWord]

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let engine = try shared.openEngine()
        try engine.setTags([resource], tags.map(\.tag))
        try TagListAnswer.of(resource, engine).print(as: shared.format)
    }
}

/// `snapctl untag`
struct UntagCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "untag",
        abstract: "Take tags from a snapshot or a volume.",
        discussion: """
            EXAMPLES
              snapctl untag snap-0123456789abcdef0 Name
              snapctl untag vol-1a2b3c4d --all
            """
    )

    @Argument(help: ArgumentHelp("The id of a snapshot or a volume.", valueName: "id"))
    var resource: String

    @Argument(help: ArgumentHelp("Keys.", valueName: "key"))
    var keys: [String] = []

    @Flag(help: "All tags that it has.")
    var all = false

    @OptionGroup var shared: SharedOptions

    func validate() throws {
        if keys.isEmpty != all { throw ValidationError("name the keys, or give --all") }
    }

    func run() throws {
        let engine = try shared.openEngine()
        try engine.deleteTags([resource], keys.map { TagSelector(key: $0) })
        try TagListAnswer.of(resource, engine).print(as: shared.format)
    }
}

/// The tags of one resource, as EBS lists them.
enum TagListAnswer {
    static func of(_ resource: String, _ engine: Engine) throws(EngineError) -> DocumentAnswer {
        let filter = ResourceFilter(name: "resource-id", values: [resource])
        let tags = try engine.tags(TagQuery(filters: [filter])).elements
        return DocumentAnswer(
            value: .record([OutputField("Tags", .list(tags.map { SnapshotFields.tag($0.tag) }))]))
    }
}
