internal import ArgumentParser
internal import SnapEngine
internal import SnapModel

/// Tags for a new resource, in our words and in those of EC2.
struct TagArguments: ParsableArguments {
    @Option(help: ArgumentHelp("A tag; may be repeated.", valueName: "key=value"))
    var tag: [TagWord] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "The same, as the AWS command line has it: ResourceType=snapshot,Tags=[{Key=a,Value=b}], or JSON.",
            valueName: "spec"))
    var tagSpecifications: [String] = []

    /// Throws `EngineError`, `OperationUsage`.
    func tags(for resourceType: String) throws -> [Tag] {
        let input = try OperationInput.reading(tagSpecifications, of: Shapes.tagSpecifications(resourceType))
        return tag.map(\.tag) + (try input.tagSpecifications(for: resourceType))
    }
}

/// `key=value`. The key ends at the first `=`.
struct TagWord: ExpressibleByArgument, Hashable {
    var tag: Tag

    init?(argument: String) {
        guard let assignment = Assignment(argument), !assignment.name.isEmpty else { return nil }
        tag = Tag(key: assignment.name, value: assignment.value)
    }
}

extension ResourceID {
    /// As EC2 calls the kind of resource in TagSpecifications.
    static var resourceType: String { prefix == VolumeID.prefix ? "volume" : "snapshot" }
}
