/// An answer that has no table of its own: a record is shown as facts, a list of records as rows.
struct DocumentAnswer: Answer {
    let value: OutputValue

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        guard case .record(let fields) = value else { return }
        let facts = fields.filter(\.value.isScalar).map { ($0.name, Table.Cell(Self.text(of: $0.value))) }
        if !facts.isEmpty { Table(facts: facts).write(to: output, style: style, columnCount: columnCount) }
        for field in fields where !field.value.isScalar {
            Self.writeRows(field.value, to: output, style: style, columnCount: columnCount)
        }
    }

    private static func writeRows(
        _ value: OutputValue, to output: OutputBuffer, style: Style, columnCount: Int?
    ) {
        let records = elements(of: value)
        let names = records.flatMap { $0.filter(\.value.isScalar).map(\.name) }
        var seen: Set<String> = []
        let columns = names.filter { seen.insert($0).inserted }
        guard !columns.isEmpty else { return }
        var table = Table(columns.map { Table.Column($0.uppercased()) })
        for record in records {
            table.append(
                columns.map { name in Table.Cell(record.first { $0.name == name }.map { text(of: $0.value) } ?? "–") })
        }
        table.write(to: output, style: style, columnCount: columnCount)
    }

    private static func elements(of value: OutputValue) -> [[OutputField]] {
        let elements: [OutputValue]
        switch value {
        case .list(let values): elements = values
        case .listing(let count, let element): elements = (0..<count).map(element)
        default: elements = [value]
        }
        return elements.compactMap { if case .record(let fields) = $0 { fields } else { nil } }
    }

    private static func text(of value: OutputValue) -> String {
        switch value {
        case .text(let text): text
        case .integer(let number): String(number)
        case .boolean(let truth): truth ? "true" : "false"
        case .thousandths(let number): OutputValue.decimal(ofThousandths: number)
        case .record, .list, .listing: ""
        }
    }
}
