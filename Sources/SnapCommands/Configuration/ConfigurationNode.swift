internal import SnapEngine
internal import SnapModel
internal import Yams

/// A part of the configuration file, which knows where it is, so that what is wrong with it is told in one line.
struct ConfigurationNode {
    let file: String
    /// `policies.nightly.keep-daily`; empty for the whole.
    let key: String
    private let node: Node

    init(_ node: Node, file: String, key: String = "") {
        self.node = node
        self.file = file
        self.key = key
    }

    /// Parses YAML, of which JSON is a part; nil when nothing is in it.
    static func whole(of text: String, file: String) throws(EngineError) -> ConfigurationNode? {
        do {
            return try Yams.compose(yaml: text).map { ConfigurationNode($0, file: file) }
        } catch let error as YamlError {
            throw invalid(file + words(for: error))
        } catch {
            throw invalid("\(file): \(error)")
        }
    }

    private static func words(for error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ", line \(mark.line): \(problem)"
        case .duplicatedKeysInMapping(let keys, let context):
            ", line \(context.mark.line): twice the same key: \(keys.joined(separator: ", "))"
        default: ": this is no YAML"
        }
    }

    var line: Int { node.mark?.line ?? 1 }

    /// A key with nothing behind it.
    var isEmpty: Bool {
        guard let scalar = node.scalar else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    /// The parts by their keys, in the order of the file.
    func parts() throws(EngineError) -> [(name: String, part: ConfigurationNode)] {
        if isEmpty { return [] }
        guard let mapping = node.mapping else { throw failure("it is a list of 'key: value' lines") }
        var parts: [(name: String, part: ConfigurationNode)] = []
        for (name, part) in mapping {
            guard let name = name.scalar?.string else { throw failure("its keys are words") }
            parts.append((name, ConfigurationNode(part, file: file, key: key.isEmpty ? name : "\(key).\(name)")))
        }
        return parts
    }

    /// `parts`, none of which may have another name than these.
    func parts(named names: [String]) throws(EngineError) -> [String: ConfigurationNode] {
        var found: [String: ConfigurationNode] = [:]
        for (name, part) in try parts() {
            guard names.contains(name) else { throw part.unknown(name, known: names) }
            found[name] = part
        }
        return found
    }

    /// A word or number, as it is written.
    func text() throws(EngineError) -> String {
        guard let text = node.scalar?.string, !isEmpty else { throw failure("one value belongs here") }
        return text
    }

    /// Words, as a list or as one.
    func texts() throws(EngineError) -> [String] {
        try elements().map { (part) throws(EngineError) in try part.text() }
    }

    func elements() throws(EngineError) -> [ConfigurationNode] {
        guard let sequence = node.sequence else {
            guard node.scalar != nil, !isEmpty else { throw failure("a list belongs here") }
            return [self]
        }
        return sequence.map { ConfigurationNode($0, file: file, key: key) }
    }

    func failure(_ explanation: String) -> EngineError {
        Self.invalid("\(file), line \(line): \(key.isEmpty ? "" : "\(key): ")\(explanation)")
    }

    /// What YAML quotes, keys too, may have any character.
    private static func invalid(_ explanation: String) -> EngineError {
        EngineError(.configurationInvalid, TerminalText.oneLine(explanation))
    }

    func refusal(_ text: String, _ complaint: String?) -> EngineError {
        failure("the value '\(text)' is not allowed\(complaint.map { ": \($0)" } ?? "")")
    }

    func unknown(_ name: String, known: [String]) -> EngineError {
        let likeliest = known.map { ($0, EditDistance.between($0, name)) }.min { $0.1 < $1.1 }
        guard let likeliest, likeliest.1 <= 3 else {
            return failure("there is no such key; there are \(known.joined(separator: ", "))")
        }
        return failure("there is no such key; did you mean \(likeliest.0)?")
    }
}

/// How many letters differ between two words (Levenshtein).
enum EditDistance {
    static func between(_ first: String, _ second: String) -> Int {
        let second = Array(second)
        var row = Array(0...second.count)
        for (index, letter) in first.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in second.indices {
                let replaced = diagonal + (second[column] == letter ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[second.count]
    }
}
