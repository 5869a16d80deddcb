/// Brings documents into the form that a shape asks for, or says what is wrong with them.
extension Shape {
    /// `place` is where in the input it is, for messages. From shorthand all scalars are text (`isTyped` false), in JSON
    /// they are what they are.
    func reading(_ document: Document, at place: String, isTyped: Bool) throws(OperationUsage) -> Document {
        switch (self, document) {
        case (.string, .text), (.timestamp, .text), (.integer, .integer), (.boolean, .boolean): return document
        case (.timestamp, .integer(let seconds)): return .text(String(seconds))
        case (.word(let words), .text(let text)):
            guard words.contains(text) else {
                throw OperationUsage(
                    "Invalid value for parameter \(place): \(text), valid values: \(words.joined(separator: ", "))")
            }
            return document
        case (.integer, .text(let text)) where !isTyped:
            guard let number = Int(text) else { throw Self.misfit(document, place, self) }
            return .integer(number)
        case (.boolean, .text(let text)) where !isTyped:
            guard ["true", "false"].contains(text) else { throw Self.misfit(document, place, self) }
            return .boolean(text == "true")
        case (.list(let element), .list(let documents)):
            return .list(try element.readingAll(documents, at: place, isTyped: isTyped))
        // Values=a is a list of one.
        case (.list(let element), .text) where !isTyped:
            return .list(try element.readingAll([document], at: place, isTyped: isTyped))
        case (.structure(let structure), .record(let parts)):
            return .record(try structure.reading(parts, at: place, isTyped: isTyped))
        default: throw Self.misfit(document, place, self)
        }
    }

    private func readingAll(
        _ documents: [Document], at place: String, isTyped: Bool
    ) throws(OperationUsage) -> [Document] {
        var read: [Document] = []
        for (index, document) in documents.enumerated() {
            read.append(try reading(document, at: "\(place)[\(index)]", isTyped: isTyped))
        }
        return read
    }

    private static func misfit(_ document: Document, _ place: String, _ shape: Shape) -> OperationUsage {
        OperationUsage("Invalid type for parameter \(place): it is \(document.kind), and has to be: \(shape.name)")
    }
}

extension StructureShape {
    /// The parts that are given, each in its form. What is null counts as not given.
    func reading(
        _ parts: [String: Document], at place: String, isTyped: Bool
    ) throws(OperationUsage) -> [String: Document] {
        var read: [String: Document] = [:]
        for (name, document) in parts.sorted(by: { $0.key < $1.key }) where document != .null {
            guard let member = self[name] else {
                let names = members.map(\.name).joined(separator: ", ")
                throw OperationUsage("Unknown parameter in \(place): \"\(name)\", must be one of: \(names)")
            }
            let within = place == Self.rootPlace ? name : "\(place).\(name)"
            read[name] = try member.shape.reading(document, at: within, isTyped: isTyped)
        }
        return read
    }

    /// Throws for the first part that is required and missing, also of structures within.
    func checkRequired(_ parts: [String: Document], at place: String = rootPlace) throws(OperationUsage) {
        for member in members {
            guard let document = parts[member.name] else {
                guard member.isRequired else { continue }
                throw OperationUsage("Missing required parameter in \(place): \"\(member.name)\"")
            }
            let within = place == Self.rootPlace ? member.name : "\(place).\(member.name)"
            switch (member.shape, document) {
            case (.structure(let structure), .record(let parts)): try structure.checkRequired(parts, at: within)
            case (.list(.structure(let structure)), .list(let documents)):
                for (index, document) in documents.enumerated() {
                    guard case .record(let parts) = document else { continue }
                    try structure.checkRequired(parts, at: "\(within)[\(index)]")
                }
            default: break
            }
        }
    }

    static let rootPlace = "input"
}
