/// Writes YAML 1.2 in block style, as the AWS command line does: keys as they are, what is not plain in double quotes.
struct YAMLWriter {
    private let output: OutputBuffer

    init(to output: OutputBuffer) { self.output = output }

    func write(_ value: OutputValue) {
        if value.isFlat { output.append(scalar(value) + "\n") } else { write(value, indentation: "") }
    }

    /// Lines that begin at `indentation`; the first one stands after `start` already, where that is given.
    private func write(_ value: OutputValue, indentation: String, start: String? = nil) {
        switch value {
        case .record(let fields):
            for (index, field) in fields.enumerated() {
                let begin = index == 0 ? start ?? indentation : indentation
                writeEntry(field.value, begin + field.name + ":", indentation + "  ")
            }
        case .list(let values): writeList(values.count, indentation, start) { values[$0] }
        case .listing(let count, let element): writeList(count, indentation, start, element)
        case .text, .integer, .boolean, .thousandths: output.append((start ?? indentation) + scalar(value) + "\n")
        }
    }

    private func writeList(
        _ count: Int, _ indentation: String, _ start: String?, _ element: (Int) -> OutputValue
    ) {
        for index in 0..<count {
            let begin = (index == 0 ? start ?? indentation : indentation) + "- "
            let value = element(index)
            if value.isFlat {
                output.append(begin + scalar(value) + "\n")
            } else {
                write(value, indentation: indentation + "  ", start: begin)
            }
        }
    }

    private func writeEntry(_ value: OutputValue, _ name: String, _ indentation: String) {
        if value.isFlat { return output.append(name + " " + scalar(value) + "\n") }
        output.append(name + "\n")
        // A list in a record stands at the record's own depth.
        if case .record = value {
            write(value, indentation: indentation)
        } else {
            write(value, indentation: String(indentation.dropLast(2)))
        }
    }

    private func scalar(_ value: OutputValue) -> String {
        switch value {
        case .text(let text): Self.isPlain(text) ? text : Self.quoted(text)
        case .integer(let number): String(number)
        case .boolean(let truth): truth ? "true" : "false"
        case .thousandths(let number): OutputValue.decimal(ofThousandths: number)
        case .record: "{}"
        case .list, .listing: "[]"
        }
    }

    private static let reserved: Set<String> = [
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf",
    ]

    /// Letters, digits and few others, beginning with a letter, so that nobody takes it for anything but text.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first), !reserved.contains(text.lowercased()) else { return false }
        return text.utf8.allSatisfy { byte in
            isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_./".utf8.contains(byte)
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// As JSON has it, which YAML contains; and without the characters that YAML does not allow.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case _ where isPrintable(scalar): quoted.unicodeScalars.append(scalar)
            default: quoted += escape(scalar)
            }
        }
        return quoted + "\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7e, 0xa0...0x2027, 0x202a...0xd7ff, 0xe000...0xfefe, 0xff00...0xfffd, 0x10000...0x10ffff: true
        default: false
        }
    }
}

extension OutputValue {
    /// Whether it is on the line of its name: one value, or an empty collection.
    fileprivate var isFlat: Bool {
        switch self {
        case .text, .integer, .boolean, .thousandths: true
        case .record(let fields): fields.isEmpty
        case .list(let values): values.isEmpty
        case .listing(let count, _): count == 0
        }
    }
}
