/// Writes JSON (RFC 8259) as the AWS command line does: four spaces a level, UTF-8 unescaped.
struct JSONWriter {
    private let output: OutputBuffer
    private var bytes = GatheredBytes(capacity: OutputBuffer.writeByteCount)

    init(to output: OutputBuffer) { self.output = output }

    /// A whole document, ended by a newline.
    mutating func write(_ value: OutputValue) {
        write(value, depth: 0)
        bytes.append(UInt8(ascii: "\n"))
        handOver()
    }

    private mutating func handOver() {
        output.append(bytes.bytes)
        bytes.removeAll()
    }

    private mutating func write(_ value: OutputValue, depth: Int) {
        switch value {
        case .text(let text): writeString(text)
        case .integer(let number): append(String(number))
        case .boolean(let truth): append(truth ? "true" : "false")
        case .thousandths(let number): append(OutputValue.decimal(ofThousandths: number))
        case .record(let fields): writeRecord(fields, depth: depth)
        case .list(let values): writeList(values.count, depth: depth) { values[$0] }
        case .listing(let count, let element): writeList(count, depth: depth, element)
        }
    }

    private mutating func writeRecord(_ fields: [OutputField], depth: Int) {
        append("{")
        for (index, field) in fields.enumerated() {
            beginItem(index, depth: depth)
            // Names are ours: nothing in them needs an escape.
            bytes.append(UInt8(ascii: "\""))
            append(field.name)
            append("\": ")
            write(field.value, depth: depth + 1)
        }
        end("}", depth: depth, isEmpty: fields.isEmpty)
    }

    private mutating func writeList(_ count: Int, depth: Int, _ element: (Int) -> OutputValue) {
        append("[")
        for index in 0..<count {
            beginItem(index, depth: depth)
            write(element(index), depth: depth + 1)
            if bytes.count >= OutputBuffer.writeByteCount { handOver() }
        }
        end("]", depth: depth, isEmpty: count == 0)
    }

    private mutating func beginItem(_ index: Int, depth: Int) {
        append(index == 0 ? "\n" : ",\n")
        indent(depth + 1)
    }

    private mutating func end(_ bracket: String, depth: Int, isEmpty: Bool) {
        if !isEmpty {
            append("\n")
            indent(depth)
        }
        append(bracket)
    }

    private mutating func indent(_ depth: Int) {
        bytes.append(repeating: UInt8(ascii: " "), count: 4 * depth)
    }

    private mutating func append(_ text: String) { bytes.append(text) }

    private mutating func writeString(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if Self.needsEscapes(text) {
            for byte in text.utf8 { writeEscaped(byte) }
        } else {
            append(text)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscapes(_ text: String) -> Bool {
        let bytes = text.utf8.span
        for index in bytes.indices where needsEscape(bytes[index]) { return true }
        return false
    }

    /// DEL need not be escaped; it is, for terminals.
    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7f
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        guard Self.needsEscape(byte) else { return bytes.append(byte) }
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case UInt8(ascii: "\n"): append("\\n")
        case UInt8(ascii: "\r"): append("\\r")
        case UInt8(ascii: "\t"): append("\\t")
        default: append("\\u00" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16))
        }
    }
}
