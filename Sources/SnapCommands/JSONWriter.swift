internal import SnapSystem

/// Writes JSON (RFC 8259) as the AWS command line does: four spaces a level, UTF-8 unescaped.
struct JSONWriter {
    /// Elements of a long listing that one thread renders at a time: few enough that their text is in memory which
    /// the allocator keeps, and not given to and taken from the kernel each time.
    private static let sliceCount = 96
    private static let sliceByteCount = 112 << 10

    private let output: OutputBuffer
    private var bytes = GatheredBytes(capacity: sliceByteCount)
    /// What stands before the values of fields, by depth: the records of a list have the same few names, so all of it,
    /// from the line break to the colon, is one piece that is made once.
    private var leads: [[Lead]] = []
    /// The line breaks with what is before the first character of a line, by depth.
    private var indentations: [String] = []

    private struct Lead {
        var name: String
        var text: String
    }

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
        case .listing(let count, let element): writeListing(count, depth: depth, element)
        }
    }

    private mutating func writeRecord(_ fields: [OutputField], depth: Int) {
        append("{")
        for index in fields.indices {
            writeLead(fields[index].name, index: index, depth: depth)
            write(fields[index].value, depth: depth + 1)
        }
        end("}", depth: depth, isEmpty: fields.isEmpty)
    }

    private mutating func writeLead(_ name: String, index: Int, depth: Int) {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        while leads.count <= depth { leads.append([]) }
        // Most often it is at the same place as in the record before.
        if index < leads[depth].count, leads[depth][index].name == name {
            return append(leads[depth][index].text)
        }
        if let place = leads[depth].firstIndex(where: { $0.name == name }) {
            return append(leads[depth][place].text)
        }
        // Names are ours: nothing in them needs an escape.
        let lead = Lead(name: name, text: indentation(depth + 1) + "\"" + name + "\": ")
        leads[depth].append(lead)
        append(lead.text)
    }

    private mutating func writeList(_ count: Int, depth: Int, _ element: (Int) -> OutputValue) {
        append("[")
        writeElements(0..<count, depth: depth, element)
        end("]", depth: depth, isEmpty: count == 0)
    }

    /// As a list, but rendered by all processors, a slice each at a time, so that little is in memory.
    private mutating func writeListing(_ count: Int, depth: Int, _ element: @Sendable (Int) -> OutputValue) {
        append("[")
        let roundCount = Self.sliceCount * Machine.processorCount
        for start in stride(from: 0, to: count, by: roundCount) {
            let round = start..<min(start + roundCount, count)
            let sliceCount = (round.count + Self.sliceCount - 1) / Self.sliceCount
            let slices = Parallel.map(sliceCount) { slice in
                let first = round.lowerBound + slice * Self.sliceCount
                var writer = JSONWriter(to: OutputBuffer())
                writer.writeElements(first..<min(first + Self.sliceCount, round.upperBound), depth: depth, element)
                return writer.bytes
            }
            handOver()
            for slice in slices { output.append(slice.bytes) }
        }
        end("]", depth: depth, isEmpty: count == 0)
    }

    private mutating func writeElements(_ range: Range<Int>, depth: Int, _ element: (Int) -> OutputValue) {
        for index in range {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(indentation(depth + 1))
            write(element(index), depth: depth + 1)
        }
    }

    private mutating func end(_ bracket: String, depth: Int, isEmpty: Bool) {
        if !isEmpty { append(indentation(depth)) }
        append(bracket)
    }

    private mutating func indentation(_ depth: Int) -> String {
        while indentations.count <= depth {
            indentations.append("\n" + String(repeating: "    ", count: indentations.count))
        }
        return indentations[depth]
    }

    private mutating func append(_ text: String) { bytes.append(text) }

    private mutating func writeString(_ text: String) {
        let quote = UInt8(ascii: "\"")
        if bytes.append(text, between: quote, unless: Self.needsEscape) { return }
        bytes.append(quote)
        for byte in text.utf8 { writeEscaped(byte) }
        bytes.append(quote)
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
