/// Samples of what an operation takes and gives.
enum Skeleton {
    /// For `--cli-input-json`, once its values are filled in.
    static func input(of structure: StructureShape) -> OutputValue {
        .record(structure.members.filter { !$0.isIdle }.map { OutputField($0.name, sample(of: $0.shape)) })
    }

    /// Texts are the names of their fields, as the AWS command line has it.
    static func output(of structure: StructureShape) -> OutputValue {
        .record(structure.members.map { OutputField($0.name, sample(of: $0.shape, name: $0.name)) })
    }

    private static func sample(of shape: Shape, name: String? = nil) -> OutputValue {
        switch shape {
        case .string: .text(name ?? "")
        case .word(let words): .text(name ?? words.first ?? "")
        case .integer: .integer(0)
        case .boolean: .boolean(true)
        case .timestamp: .text("1970-01-01T00:00:00")
        // Elements of lists have the name of their shape in the model; here only structures are in the lists of outputs.
        case .list(let element): .list([sample(of: element, name: name)])
        case .structure(let structure): name == nil ? input(of: structure) : output(of: structure)
        }
    }
}
