/// Aligned columns for people. Columns are two spaces apart; the last one is cut where the terminal ends.
struct Table {
    struct Column {
        var heading: String
        var isNumber = false

        init(_ heading: String, isNumber: Bool = false) {
            self.heading = heading
            self.isNumber = isNumber
        }
    }

    struct Cell {
        var text: String
        var tint: Tint

        init(_ text: String, _ tint: Tint = .none) {
            self.text = TerminalText.printable(text)
            self.tint = tint
        }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []
    private var widths: [Int]

    init(_ columns: [Column]) {
        self.columns = columns
        widths = columns.map(\.heading.count)
    }

    /// Name and value, one below the other, without a heading.
    init(facts: [(String, Cell)]) {
        self.init([Column(""), Column("")])
        for (name, value) in facts { append([Cell(name, .heading), value]) }
    }

    mutating func append(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "\(cells.count) cells in \(columns.count) columns")
        for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.text.count) }
        rows.append(cells)
    }

    func write(to output: OutputBuffer, style: Style, columnCount: Int?) {
        if columns.contains(where: { !$0.heading.isEmpty }) {
            writeRow(
                columns.map { Cell($0.heading, .heading) },
                to: output,
                style: style,
                columnCount: columnCount
            )
        }
        for row in rows { writeRow(row, to: output, style: style, columnCount: columnCount) }
    }

    private func writeRow(_ cells: [Cell], to output: OutputBuffer, style: Style, columnCount: Int?) {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let isLast = index == cells.count - 1
            let text = isLast ? cut(cell.text, columnCount: columnCount) : cell.text
            let padding = String(repeating: " ", count: max(0, widths[index] - text.count))
            let tinted = style.apply(cell.tint, to: text)
            // No spaces at the end of a line: they would wrap.
            line += columns[index].isNumber ? padding + tinted : tinted + (isLast ? "" : padding)
            if !isLast { line += "  " }
        }
        output.append(line + "\n")
    }

    private func cut(_ text: String, columnCount: Int?) -> String {
        guard let columnCount else { return text }
        let room = max(8, columnCount - widths.dropLast().reduce(0) { $0 + $1 + 2 })
        return text.count <= room ? text : text.prefix(room - 1) + "…"
    }
}
