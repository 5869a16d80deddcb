internal import FoundationEssentials

/// What an operation is asked for, before its shape is known: JSON, or what shorthand makes of words.
enum Document: Hashable, Sendable {
    case null
    case text(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case list([Document])
    case record([String: Document])

    /// Parses JSON. Throws `OperationUsage`.
    init(json text: String) throws(OperationUsage) {
        do {
            self = try JSONDecoder().decode(Document.self, from: Data(text.utf8))
        } catch {
            throw OperationUsage("Invalid JSON: \(TerminalText.oneLine(String(text.prefix(80))))")
        }
    }

    /// For messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .text: "a string"
        case .integer, .number: "a number"
        case .boolean: "a boolean"
        case .list: "a list"
        case .record: "a structure"
        }
    }
}

extension Document: Decodable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        // In the order in which no kind is taken for another.
        if value.decodeNil() {
            self = .null
        } else if let truth = try? value.decode(Bool.self) {
            self = .boolean(truth)
        } else if let number = try? value.decode(Int.self) {
            self = .integer(number)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([Document].self) {
            self = .list(list)
        } else {
            self = .record(try value.decode([String: Document].self))
        }
    }
}

/// The command line of an operation, or its JSON, is not of the operation's shape.
struct OperationUsage: Error {
    let message: String

    init(_ message: String) { self.message = message }
}
