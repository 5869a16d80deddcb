internal import SnapSystem
internal import SystemPackage

/// The words after a verb of EC2, told apart: its own options, those that every verb of the AWS command line has, and the
/// rest, which are snapctl's.
struct OperationWords {
    /// By the name of the member, each with the words that were given for it. The last one counts, as there.
    private(set) var given: [String: [String]] = [:]
    /// `--cli-input-json`.
    private(set) var inputJSON: String?
    /// `--generate-cli-skeleton`: `input`, `output`.
    private(set) var skeleton: String?
    private(set) var wantsHelp = false
    private(set) var own: [String] = []

    /// Of the AWS command line, with a value and without one: what they say has no meaning on one's own machine. Not
    /// `--endpoint-url`, which would name another machine.
    private static let idleOptions: Set<String> = [
        "--region", "--profile", "--color", "--cli-read-timeout", "--cli-connect-timeout", "--page-size",
        "--cli-binary-format",
    ]
    private static let idleFlags: Set<String> = [
        "--no-cli-pager", "--no-paginate", "--no-sign-request", "--no-cli-auto-prompt",
    ]
    private static let helpFlags: Set<String> = ["--help", "-h", "help"]

    private var rest: ArraySlice<String>

    /// Throws `OperationUsage`.
    init(_ words: [String], of operation: Operation) throws(OperationUsage) {
        rest = words[...]
        while !rest.isEmpty { try take(operation) }
    }

    private mutating func take(_ operation: Operation) throws(OperationUsage) {
        let word = rest.removeFirst()
        let (option, attached) = Self.split(word)
        if let (member, flag) = Self.member(option, of: operation) {
            given[member.name] = try words(for: member, flag: flag, option, attached)
        } else if option == "--cli-input-json" {
            if let attached { inputJSON = attached } else { inputJSON = try value(of: option) }
        } else if option == "--generate-cli-skeleton" {
            skeleton = attached ?? skeletonKind()
        } else if Self.helpFlags.contains(word) {
            wantsHelp = true
        } else if Self.idleOptions.contains(option) {
            if attached == nil { _ = try value(of: option) }
        } else if option == "--query" {
            throw OperationUsage("--query is not supported: snapctl has no JMESPath; give the JSON to jq")
        } else if !Self.idleFlags.contains(word) {
            own.append(word)
        }
    }

    /// `input` where none is named.
    private mutating func skeletonKind() -> String {
        guard let word = rest.first, !word.hasPrefix("-") else { return "input" }
        return rest.removeFirst()
    }

    /// The words of one option.
    private mutating func words(
        for member: StructureShape.Member, flag: Bool?, _ option: String, _ attached: String?
    ) throws(OperationUsage) -> [String] {
        if let flag {
            guard attached == nil else { throw OperationUsage("argument \(option): ignored explicit argument") }
            return [flag ? "true" : "false"]
        }
        if let attached { return [attached] }
        guard case .list = member.shape else { return [try value(of: option)] }
        var words: [String] = []
        while let word = rest.first, !Self.isOption(word) {
            words.append(word)
            rest.removeFirst()
        }
        return words
    }

    private mutating func value(of option: String) throws(OperationUsage) -> String {
        guard let word = rest.first, !word.hasPrefix("--") else {
            throw OperationUsage("argument \(option): expected one argument")
        }
        return rest.removeFirst()
    }

    /// The member that an option names; for one that is a boolean, what it says.
    private static func member(
        _ option: String, of operation: Operation
    ) -> (member: StructureShape.Member, flag: Bool?)? {
        for member in operation.input.members {
            if case .boolean = member.shape {
                if option == member.option { return (member, true) }
                if option == "--no-" + member.option.dropFirst(2) { return (member, false) }
            } else if option == member.option {
                return (member, nil)
            }
        }
        return nil
    }

    /// `--option=value`.
    private static func split(_ word: String) -> (option: String, value: String?) {
        guard word.hasPrefix("--"), let assignment = Assignment(word) else { return (word, nil) }
        return (assignment.name, assignment.value)
    }

    private static func isOption(_ word: String) -> Bool {
        guard word.hasPrefix("-"), let next = word.dropFirst().first else { return false }
        return next == "-" || next.isLetter
    }
}

extension OperationWords {
    /// The whole input: that of `--cli-input-json`, and over it, part by part, that of the command line.
    func input(of operation: Operation) throws(OperationUsage) -> OperationInput {
        var parts: [String: Document] = [:]
        if let inputJSON {
            guard case .record(let document) = try Document(json: try Self.contents(of: inputJSON)) else {
                throw OperationUsage("--cli-input-json: the input has to be a structure: {…}")
            }
            parts = try operation.input.reading(document, at: StructureShape.rootPlace, isTyped: true)
        }
        for (name, words) in given.sorted(by: { $0.key < $1.key }) {
            guard let member = operation.input[name] else { continue }
            parts[name] = try Self.document(words, of: member)
        }
        let missing = operation.input.members.filter { $0.isRequired && parts[$0.name] == nil }
        guard missing.isEmpty || inputJSON != nil else {
            throw OperationUsage(
                "the following arguments are required: \(missing.map(\.option).joined(separator: ", "))")
        }
        try operation.input.checkRequired(parts)
        return OperationInput(parts)
    }

    /// What the words of one option say, in the form of its shape.
    static func document(
        _ words: [String], of member: StructureShape.Member
    ) throws(OperationUsage) -> Document {
        var words = words
        if words.count == 1 { words[0] = try contents(of: words[0], readsStandardInput: false) }
        let (document, isTyped) = try Self.document(words, member)
        return try member.shape.reading(document, at: member.name, isTyped: isTyped)
    }

    /// `isTyped`: whether it was JSON.
    private static func document(
        _ words: [String], _ member: StructureShape.Member
    ) throws(OperationUsage) -> (Document, isTyped: Bool) {
        let first = words.first?.trimmedStart ?? ""
        switch member.shape {
        case .list where first.hasPrefix("[") && words.count == 1:
            return (try Document(json: first), true)
        case .list(.structure):
            return (.list(try words.map { (word) throws(OperationUsage) in try structure(word) }), false)
        case .list: return (.list(words.map(Document.text)), false)
        case .structure: return (try structure(words[0]), false)
        default: return (.text(words[0]), false)
        }
    }

    private static func structure(_ word: String) throws(OperationUsage) -> Document {
        word.trimmedStart.hasPrefix("{") ? try Document(json: word) : try Shorthand.record(word)
    }

    /// What stands in the file that is named, or the text itself.
    private static func contents(
        of text: String, readsStandardInput: Bool = true
    ) throws(OperationUsage) -> String {
        let scheme = "file://"
        let path: FilePath
        if text.hasPrefix(scheme) {
            path = FilePath(String(text.dropFirst(scheme.count)))
        } else if readsStandardInput, text == "-" {
            path = "/dev/stdin"
        } else {
            return text
        }
        do throws(SystemError) {
            return String(decoding: try stream(path), as: UTF8.self)
        } catch {
            throw OperationUsage("Error parsing parameter: Unable to load paramfile \(text): \(error)")
        }
    }

    /// A file, or what a pipe has until it ends.
    private static func stream(_ path: FilePath) throws(SystemError) -> [UInt8] {
        let stream = try OwnedDescriptor(opening: path, .readOnly)
        var bytes: [UInt8] = []
        while bytes.count < fileByteLimit {
            let part = try stream.readNext(upTo: 65_536)
            if part.isEmpty { break }
            bytes += part
        }
        return bytes
    }

    /// More than any input of any operation.
    private static let fileByteLimit = 16 << 20
}

extension String {
    fileprivate var trimmedStart: String { String(drop { $0.isWhitespace }) }
}
