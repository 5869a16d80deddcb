/// What a part of an operation's input or output looks like, as the service model of EC2 has it.
indirect enum Shape: Sendable {
    case string
    /// One of these.
    case word([String])
    case integer
    case boolean
    case timestamp
    case list(Shape)
    case structure(StructureShape)

    /// Whether it is one value, and not made of others.
    var isScalar: Bool {
        switch self {
        case .string, .word, .integer, .boolean, .timestamp: true
        case .list, .structure: false
        }
    }

    var name: String {
        switch self {
        case .string, .word: "string"
        case .integer: "integer"
        case .boolean: "boolean"
        case .timestamp: "timestamp"
        case .list: "list"
        case .structure: "structure"
        }
    }
}

/// Named parts, in the order in which skeletons have them.
struct StructureShape: Sendable {
    struct Member: Sendable {
        var name: String
        var shape: Shape
        var isRequired = false
        /// For help.
        var note = ""
        /// Accepted, for scripts that give it, but in no skeleton: it has no meaning here.
        var isIdle = false
        /// Understood, and answered with `UnsupportedOperation`.
        var isRefused = false
    }

    var members: [Member]

    init(_ members: [Member]) { self.members = members }

    subscript(name: String) -> Member? { members.first { $0.name == name } }
}

extension StructureShape.Member {
    static func member(_ name: String, _ shape: Shape, _ note: String = "") -> Self {
        Self(name: name, shape: shape, note: note)
    }

    static func required(_ name: String, _ shape: Shape, _ note: String = "") -> Self {
        Self(name: name, shape: shape, isRequired: true, note: note)
    }

    static func idle(_ name: String, _ shape: Shape, _ note: String) -> Self {
        Self(name: name, shape: shape, note: note, isIdle: true)
    }

    /// What EC2 has and snapctl has not. Idle while it is empty, or false.
    static func refused(_ name: String, _ shape: Shape) -> Self {
        Self(name: name, shape: shape, note: "Not supported here.", isIdle: true, isRefused: true)
    }

    /// As an option of the command line: `VolumeId` is `--volume-id`.
    var option: String { "--" + OptionName.dashed(name) }
}

enum OptionName {
    /// `VolumeId` → `volume-id`.
    static func dashed(_ name: String) -> String {
        var dashed = ""
        for character in name {
            if character.isUppercase, !dashed.isEmpty { dashed += "-" }
            dashed += character.lowercased()
        }
        return dashed
    }
}
