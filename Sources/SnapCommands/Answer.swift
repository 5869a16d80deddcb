internal import SnapSystem

/// What a verb has to say, once for programs and once for people.
protocol Answer {
    /// For JSON and text.
    var value: OutputValue { get }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?)
}

extension Answer {
    /// Appends the answer in one of the formats.
    func write(
        as format: OutputFormat,
        to output: OutputBuffer,
        style: Style = .plain,
        columnCount: Int? = nil
    ) {
        switch format {
        case .json:
            var writer = JSONWriter(to: output)
            writer.write(value)
        case .text: TextWriter(to: output).write(value)
        case .yaml: YAMLWriter(to: output).write(value)
        case .table: writeTable(to: output, style: style, columnCount: columnCount)
        }
    }

    /// Prints to standard output.
    func print(as format: OutputFormat) throws(SystemError) {
        let output = OutputBuffer(to: .output)
        write(
            as: format,
            to: output,
            style: .forStream(.output),
            columnCount: StandardStream.output.columnCount
        )
        try output.finish()
    }
}
