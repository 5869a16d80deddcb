/// Writes tab-separated lines as `aws --output text` does: a line is the name of the list in capitals and the values of
/// a record in alphabetical order of their names; records and lists within follow on lines of their own.
///
/// Unlike there, a tab or a line break inside a value is written as `\t` or `\n`, so that lines and columns stay whole.
struct TextWriter {
    private let output: OutputBuffer

    init(to output: OutputBuffer) { self.output = output }

    func write(_ value: OutputValue) { write(value, label: nil) }

    private func write(_ value: OutputValue, label: String?) {
        switch value {
        case .record(let fields): writeRecord(fields, label: label, columns: nil)
        case .list(let values): writeList(values.count, label: label) { values[$0] }
        case .listing(let count, let element): writeList(count, label: label, element)
        case .text, .integer, .boolean, .thousandths: writeLine([scalar(value)], label: label)
        }
    }

    /// Elements of one list have the same columns: what one of them lacks is empty.
    private func writeList(_ count: Int, label: String?, _ element: (Int) -> OutputValue) {
        var names: Set<String> = []
        for index in 0..<count {
            guard case .record(let fields) = element(index) else { continue }
            for field in fields where field.value.isScalar { names.insert(field.name) }
        }
        let columns = names.sorted()
        for index in 0..<count {
            switch element(index) {
            case .record(let fields): writeRecord(fields, label: label, columns: columns)
            case let other: write(other, label: label)
            }
        }
    }

    private func writeRecord(_ fields: [OutputField], label: String?, columns: [String]?) {
        let scalars = fields.filter(\.value.isScalar)
        let names = columns ?? scalars.map(\.name).sorted()
        let values = names.map { name in scalars.first { $0.name == name }.map { scalar($0.value) } ?? ""
        }
        if !values.isEmpty { writeLine(values, label: label) }
        for field in fields.filter({ !$0.value.isScalar }).sorted(by: { $0.name < $1.name }) {
            write(field.value, label: field.name.uppercased())
        }
    }

    private func writeLine(_ values: [String], label: String?) {
        output.append(((label.map { [$0] } ?? []) + values).joined(separator: "\t") + "\n")
    }

    private func scalar(_ value: OutputValue) -> String {
        switch value {
        case .text(let text): Self.escaped(text)
        case .integer(let number): String(number)
        case .boolean(let truth): truth ? "True" : "False"
        case .thousandths(let number): OutputValue.decimal(ofThousandths: number)
        case .record, .list, .listing: ""
        }
    }

    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 }) else { return text }
        return text.unicodeScalars.map { scalar in
            switch scalar {
            case "\t": "\\t"
            case "\n": "\\n"
            case "\r": "\\r"
            default: TerminalText.printable(String(scalar))
            }
        }.joined()
    }
}
