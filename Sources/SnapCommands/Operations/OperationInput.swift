internal import SnapEngine
internal import SnapModel

/// The input of an operation, of its shape: what is asked for is there in the form that the shape says, or not given.
struct OperationInput: Sendable {
    private let parts: [String: Document]

    init(_ parts: [String: Document]) { self.parts = parts }

    /// What the words of one option say. Throws `OperationUsage`.
    static func reading(_ words: [String], of member: StructureShape.Member) throws(OperationUsage) -> OperationInput {
        OperationInput(words.isEmpty ? [:] : [member.name: try OperationWords.document(words, of: member)])
    }

    func has(_ name: String) -> Bool { parts[name] != nil }

    /// Throws `unsupported` for what EC2 has and snapctl has not.
    func checkSupported(by structure: StructureShape) throws(EngineError) {
        for member in structure.members where member.isRefused {
            guard let document = parts[member.name], document != .boolean(false), document != .text("") else {
                continue
            }
            throw EngineError(.unsupported, "The parameter \(member.name) is not supported by snapctl.")
        }
    }

    func text(_ name: String) -> String? {
        if case .text(let text) = parts[name] { text } else { nil }
    }

    func integer(_ name: String) -> Int? {
        if case .integer(let number) = parts[name] { number } else { nil }
    }

    func boolean(_ name: String) -> Bool? {
        if case .boolean(let truth) = parts[name] { truth } else { nil }
    }

    func texts(_ name: String) -> [String] {
        guard case .list(let documents) = parts[name] else { return [] }
        return documents.compactMap { if case .text(let text) = $0 { text } else { nil } }
    }

    func record(_ name: String) -> OperationInput? {
        if case .record(let parts) = parts[name] { OperationInput(parts) } else { nil }
    }

    func records(_ name: String) -> [OperationInput] {
        guard case .list(let documents) = parts[name] else { return [] }
        return documents.compactMap { if case .record(let parts) = $0 { OperationInput(parts) } else { nil } }
    }
}

/// Parts that several operations have.
extension OperationInput {
    var isDryRun: Bool { boolean("DryRun") ?? false }

    /// Required by the shape, so that it is there.
    func snapshotID() throws(EngineError) -> SnapshotID { try Identifiers.snapshot(text("SnapshotId") ?? "") }

    func snapshotIDs() throws(EngineError) -> [SnapshotID] { try Identifiers.snapshots(texts("SnapshotIds")) }

    var filters: [ResourceFilter] {
        records("Filters").map { ResourceFilter(name: $0.text("Name") ?? "null", values: $0.texts("Values")) }
    }

    var page: PageRequest { PageRequest(maxResults: integer("MaxResults"), nextToken: text("NextToken")) }

    /// A tag without a value is one with an empty value; DeleteTags tells them apart by itself.
    var tags: [Tag] { records("Tags").map { Tag(key: $0.text("Key") ?? "", value: $0.text("Value") ?? "") } }

    /// The tags for the new resource, which has to be of the type named.
    func tagSpecifications(for resourceType: String) throws(EngineError) -> [Tag] {
        var tags: [Tag] = []
        for specification in records("TagSpecifications") {
            guard specification.text("ResourceType") == resourceType else {
                let type = specification.text("ResourceType") ?? "null"
                throw EngineError(
                    .invalidParameter, "'\(type)' is not a valid taggable resource type for this operation.")
            }
            guard !specification.tags.isEmpty else {
                throw EngineError(.invalidParameter, "Tag specification must have at least one tag")
            }
            tags += specification.tags
        }
        return tags
    }

    func time(_ name: String) throws(EngineError) -> Timestamp? {
        guard let text = text(name) else { return nil }
        guard let time = GivenTime.parse(text) else {
            throw EngineError(
                .invalidParameter, "Value (\(text)) for parameter \(name) is invalid. Expected: YYYY-MM-DDThh:mm:ssZ")
        }
        return time
    }
}

/// Times as they are typed: a day, or a day and a time, in UTC; or seconds since 1970.
enum GivenTime {
    private static let secondLimit: Int64 = 253_402_300_800

    static func parse(_ text: String) -> Timestamp? {
        if let seconds = Int64(text), (0..<secondLimit).contains(seconds) {
            return Timestamp(millisecondsSinceEpoch: seconds * 1_000)
        }
        var utc = text
        for end in ["+00:00", "+0000"] where utc.hasSuffix(end) { utc = utc.dropLast(end.count) + "Z" }
        return Timestamp(utc) ?? Timestamp(utc + "Z") ?? Timestamp(utc + "T00:00:00Z")
    }
}
