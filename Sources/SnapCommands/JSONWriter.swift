/// Writes JSON (RFC 8259) as the AWS command line does: four spaces a level, UTF-8 unescaped.
struct JSONWriter {
    private let output: OutputBuffer

    init(to output: OutputBuffer) { self.output = output }

    /// A whole document, ended by a newline.
    func write(_ value: OutputValue) {
        write(value, depth: 0)
        output.append(UInt8(ascii: "\n"))
    }

    private func write(_ value: OutputValue, depth: Int) {
        switch value {
        case .text(let text): writeString(text)
        case .integer(let number): output.append(String(number))
        case .boolean(let truth): output.append(truth ? "true" : "false")
        case .thousandths(let number): output.append(OutputValue.decimal(ofThousandths: number))
        case .record(let fields): writeRecord(fields, depth: depth)
        case .list(let values): writeList(values.count, depth: depth) { values[$0] }
        case .listing(let count, let element): writeList(count, depth: depth, element)
        }
    }

    private func writeRecord(_ fields: [OutputField], depth: Int) {
        writeItems(fields.count, "{", "}", depth: depth) { index in
            writeString(fields[index].name)
            output.append(": ")
            write(fields[index].value, depth: depth + 1)
        }
    }

    private func writeList(_ count: Int, depth: Int, _ element: (Int) -> OutputValue) {
        writeItems(count, "[", "]", depth: depth) { write(element($0), depth: depth + 1) }
    }

    private func writeItems(_ count: Int, _ open: String, _ close: String, depth: Int, _ item: (Int) -> Void) {
        output.append(open)
        for index in 0..<count {
            output.append(index == 0 ? "\n" : ",\n")
            indent(depth + 1)
            item(index)
        }
        if count > 0 {
            output.append(UInt8(ascii: "\n"))
            indent(depth)
        }
        output.append(close)
    }

    private func indent(_ depth: Int) {
        for _ in 0..<depth { output.append("    ") }
    }

    private func writeString(_ text: String) {
        output.append(UInt8(ascii: "\""))
        if text.utf8.contains(where: Self.needsEscape) {
            for byte in text.utf8 { writeEscaped(byte) }
        } else {
            output.append(text)
        }
        output.append(UInt8(ascii: "\""))
    }

    /// DEL need not be escaped; it is, for terminals.
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7f
    }

    private func writeEscaped(_ byte: UInt8) {
        guard Self.needsEscape(byte) else { return output.append(byte) }
        switch byte {
        case UInt8(ascii: "\""): output.append("\\\"")
        case UInt8(ascii: "\\"): output.append("\\\\")
        case UInt8(ascii: "\n"): output.append("\\n")
        case UInt8(ascii: "\r"): output.append("\\r")
        case UInt8(ascii: "\t"): output.append("\\t")
        default: output.append("\\u00" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16))
        }
    }
}
