/// The AWS command line's shorthand for structures: `Key=a,Value=b`, `Name=status,Values=pending,error`,
/// `ResourceType=snapshot,Tags=[{Key=a,Value=b}]`.
///
///     pairs = pair *("," pair)            pair  = key "=" values
///     values = value *("," value)         a value followed by "=" is the key of the next pair
///     value = quoted / "[" values "]" / "{" pairs "}" / text
///
/// Values are text, lists of values, or records. In single or double quotes everything is text, with `\` before a quote
/// or another `\`; outside of quotes `\,` is a comma.
struct Shorthand {
    private let text: [Unicode.Scalar]
    private var position = 0

    /// Deeper than any shape.
    private static let depthLimit = 16

    private init(_ text: String) { self.text = Array(text.unicodeScalars) }

    /// Parses pairs. Throws `OperationUsage` with the place of what was not understood.
    static func record(_ text: String) throws(OperationUsage) -> Document {
        var parser = Shorthand(text)
        let pairs = try parser.pairs(until: nil, depth: 0)
        return .record(pairs)
    }

    private mutating func pairs(until end: Unicode.Scalar?, depth: Int) throws(OperationUsage) -> [String: Document] {
        guard depth < Self.depthLimit else { throw failure("fewer brackets") }
        var pairs: [String: Document] = [:]
        while true {
            let key = try key()
            try expect("=")
            guard pairs[key] == nil else { throw failure("each key once: '\(key)' is there already") }
            pairs[key] = try values(depth: depth, until: end)
            if current == end { return pairs }
            try expect(",")
        }
    }

    /// One value, or a list of several between commas.
    private mutating func values(depth: Int, until end: Unicode.Scalar?) throws(OperationUsage) -> Document {
        if let whole = try bracketed(depth: depth) { return whole }
        var list = [try plain(until: end)]
        while current == ",", !isKeyNext {
            position += 1
            if current == end { throw failure("a value") }
            list.append(try plain(until: end))
        }
        return list.count == 1 ? list[0] : .list(list)
    }

    private mutating func bracketed(depth: Int) throws(OperationUsage) -> Document? {
        skipSpaces()
        switch current {
        case "[":
            position += 1
            return .list(try elements(depth: depth + 1))
        case "{":
            position += 1
            skipSpaces()
            let pairs = current == "}" ? [:] : try pairs(until: "}", depth: depth + 1)
            try expect("}")
            return .record(pairs)
        default: return nil
        }
    }

    private mutating func elements(depth: Int) throws(OperationUsage) -> [Document] {
        guard depth < Self.depthLimit else { throw failure("fewer brackets") }
        var elements: [Document] = []
        skipSpaces()
        while current != "]" {
            if let whole = try bracketed(depth: depth) {
                elements.append(whole)
            } else {
                elements.append(try plain(until: "]"))
            }
            skipSpaces()
            if current != "]" { try expect(",") }
            skipSpaces()
        }
        position += 1
        return elements
    }

    private mutating func plain(until end: Unicode.Scalar?) throws(OperationUsage) -> Document {
        skipSpaces()
        if let quote = current, quote == "'" || quote == "\"" { return .text(try quoted(quote)) }
        var value = String.UnicodeScalarView()
        while let scalar = current, scalar != ",", scalar != end {
            if scalar == "\\", position + 1 < text.count, text[position + 1] == "," { position += 1 }
            value.append(text[position])
            position += 1
        }
        while let last = value.last, last == " " { value.removeLast() }
        return .text(String(value))
    }

    private mutating func quoted(_ quote: Unicode.Scalar) throws(OperationUsage) -> String {
        var value = String.UnicodeScalarView()
        position += 1
        while let scalar = current, scalar != quote {
            if scalar == "\\", position + 1 < text.count, [quote, "\\"].contains(text[position + 1]) { position += 1 }
            value.append(text[position])
            position += 1
        }
        try expect(quote)
        skipSpaces()
        return String(value)
    }

    private mutating func key() throws(OperationUsage) -> String {
        skipSpaces()
        let start = position
        while let scalar = current, Self.isOfKey(scalar) { position += 1 }
        guard position > start else { throw failure("a key") }
        let key = String(String.UnicodeScalarView(text[start..<position]))
        skipSpaces()
        return key
    }

    /// Whether what follows the comma is a key and its "=", and not another value.
    private var isKeyNext: Bool {
        var next = position + 1
        while next < text.count, text[next] == " " { next += 1 }
        let start = next
        while next < text.count, Self.isOfKey(text[next]) { next += 1 }
        while next < text.count, next > start, text[next] == " " { next += 1 }
        return next > start && next < text.count && text[next] == "="
    }

    private static func isOfKey(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "#", "/", ":": true
        default: false
        }
    }

    // MARK: - Reading

    private var current: Unicode.Scalar? { position < text.count ? text[position] : nil }

    private mutating func skipSpaces() { while current == " " || current == "\n" || current == "\t" { position += 1 } }

    private mutating func expect(_ scalar: Unicode.Scalar) throws(OperationUsage) {
        skipSpaces()
        guard current == scalar else { throw failure("'\(scalar)'") }
        position += 1
    }

    private func failure(_ expected: String) -> OperationUsage {
        let found = current.map { "'\($0)'" } ?? "the end"
        return OperationUsage(
            "Error parsing parameter: Expected: \(expected), received: \(found), at character \(position + 1) of: "
                + TerminalText.oneLine(String(String.UnicodeScalarView(text))))
    }
}
