/// The help of an operation, made from its shape.
enum OperationHelp {
    static let columnCount = 80

    static func text(of operation: Operation) -> String {
        let members = operation.input.members
        var lines = ["OVERVIEW: \(operation.abstract)", "", "USAGE: snapctl [ec2] \(operation.verb)"]
        lines += members.filter { !$0.isIdle }.map { "  " + synopsis(of: $0) }
        lines += [
            "  [--cli-input-json <value>]", "  [--generate-cli-skeleton [input|output]]", "  [options of snapctl]", "",
            "OPTIONS OF EC2:",
        ]
        for member in members.sorted(by: { !$0.isIdle && $1.isIdle }) { lines += self.lines(about: member) }
        lines += [
            "  --cli-input-json (JSON)",
            "      The input as JSON: inline, file://PATH, or - for standard input. What is given",
            "      on the command line overrides it.", "  --generate-cli-skeleton [input|output]",
            "      Prints a sample of the input, or of the answer, and does nothing else.", "",
            "Values of lists and structures are shorthand (Key=a,Value=b) or JSON. It fails",
            "as 'aws ec2' does: with status 254 for an error of the operation, 252 for a",
            "command line that could not be understood.", "", operation.ownHelp(),
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func synopsis(of member: StructureShape.Member) -> String {
        let words: String
        switch member.shape {
        case .boolean: words = "\(member.option) | --no-\(member.option.dropFirst(2))"
        case .list: words = "\(member.option) <value> [<value> ...]"
        default: words = "\(member.option) <value>"
        }
        return member.isRequired ? words : "[\(words)]"
    }

    private static func lines(about member: StructureShape.Member) -> [String] {
        var lines = ["  \(member.option) (\(kind(of: member.shape)))\(member.isRequired ? " [required]" : "")"]
        if !member.note.isEmpty { lines += wrapped(member.note) }
        if let form = form(of: member.shape) { lines.append("      " + form) }
        return lines
    }

    private static func kind(of shape: Shape) -> String {
        if case .list(let element) = shape { return "list of \(element.name)s" }
        return shape.name
    }

    /// How it is written, where that is not plain.
    private static func form(of shape: Shape) -> String? {
        switch shape {
        case .word(let words): words.joined(separator: " | ")
        case .list(.structure(let structure)): shorthand(of: structure) + " …"
        case .structure(let structure): shorthand(of: structure)
        default: nil
        }
    }

    private static func shorthand(of structure: StructureShape) -> String {
        structure.members.map { member in
            switch member.shape {
            case .list(.structure(let inner)): "\(member.name)=[{\(shorthand(of: inner))},…]"
            case .list: "\(member.name)=value,value"
            default: "\(member.name)=value"
            }
        }.joined(separator: ",")
    }

    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        var line = "      "
        for word in text.split(separator: " ") {
            if line.count + word.count + 1 > columnCount {
                lines.append(line)
                line = "      "
            }
            line += (line.count > 6 ? " " : "") + word
        }
        return lines + [line]
    }
}
