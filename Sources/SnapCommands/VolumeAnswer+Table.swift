internal import SnapModel

/// For people: the layers as a tree, who uses the volume, then the methods.
extension VolumeAnswer {
    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        writeTree(to: output, style: style)
        writeUses(to: output, style: style)
        writeMethods(to: output, style: style, columnCount: columnCount)
        writeChoice(to: output, style: style)
    }

    // MARK: - What it is made of

    private func writeTree(to output: OutputBuffer, style: Style) {
        var lines: [(String, String)] = []
        Self.append(report.stack, &lines, lead: "", branch: "")
        let width = lines.map(\.0.count).max() ?? 0
        for (index, line) in lines.enumerated() {
            let padding = String(repeating: " ", count: width - line.0.count)
            let name = style.apply(index == 0 ? .heading : .none, to: line.0)
            output.append(line.1.isEmpty ? name + "\n" : name + padding + "  " + line.1 + "\n")
        }
    }

    /// `lead` stands before the lines of what is beneath, `branch` before the layer's own.
    private static func append(
        _ layer: VolumeLayer, _ lines: inout [(String, String)], lead: String, branch: String
    ) {
        let size = layer.byteCount.map { HumanText.bytes($0) }
        let words = [size, wordsFor(layer)].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ", ")
        let name = layer.kind == .filesystem ? "in \(layer.name)" : layer.name
        lines.append((branch + TerminalText.oneLine(name), TerminalText.oneLine(words)))
        for (index, beneath) in layer.beneath.enumerated() {
            let isLast = index == layer.beneath.count - 1
            append(beneath, &lines, lead: lead + (isLast ? "   " : "│  "), branch: lead + (isLast ? "└─ " : "├─ "))
        }
    }

    private static func wordsFor(_ layer: VolumeLayer) -> String {
        switch layer.kind {
        case .disk: layer.detail.isEmpty ? "disk" : "disk, \(layer.detail)"
        case .raid: "array, \(layer.detail)"
        case .partition, .loop, .logicalVolume, .deviceMapper, .file, .filesystem: layer.detail
        }
    }

    // MARK: - Who uses it

    private func writeUses(to output: OutputBuffer, style: Style) {
        output.append("\n" + style.apply(.heading, to: "USED BY") + "\n")
        for line in filesystemLines + report.otherUses { output.append("  " + TerminalText.oneLine(line) + "\n") }
        if report.filesystems.isEmpty, report.otherUses.isEmpty { output.append("  nobody\n") }
        if report.isRootVolume {
            output.append("  " + style.apply(.waiting, to: "the running system: it carries /") + "\n")
        }
    }

    private var filesystemLines: [String] {
        report.filesystems.map { filesystem in
            let places = filesystem.mountPoints.joined(separator: ", ")
            let isReadOnly = filesystem.isReadOnly ? ", read-only" : ""
            return "\(filesystem.type) of \(filesystem.deviceName), mounted at \(places)\(isReadOnly)"
        }
    }

    // MARK: - How a point in time is made

    private func writeMethods(to output: OutputBuffer, style: Style, columnCount: Int?) {
        output.append("\n")
        var table = Table([.init("METHOD"), .init("POSSIBLE"), .init("LEVEL"), .init("WHY")])
        for assessment in report.methods {
            let (word, tint) = Self.words(for: assessment.verdict)
            let remedy = assessment.remedy.map { "; \($0)" } ?? ""
            table.append([
                .init(assessment.method.rawValue), .init(word, tint), .init(assessment.level?.rawValue ?? "–"),
                .init(assessment.reason + remedy),
            ])
        }
        // The last column says why, and is worth a second line.
        table.write(to: output, style: style, columnCount: nil)
    }

    private static func words(for verdict: MethodAssessment.Verdict) -> (String, Tint) {
        switch verdict {
        case .possible: ("yes", .good)
        case .onRequest: ("if asked for", .waiting)
        case .impossible: ("no", .bad)
        }
    }

    private func writeChoice(to output: OutputBuffer, style: Style) {
        if let method = report.automaticMethod {
            output.append("\n--consistency auto takes \(style.apply(.good, to: method.rawValue))\n")
        } else if let refusal = report.refusal {
            output.append("\n--consistency auto refuses: " + TerminalText.oneLine(refusal) + "\n")
        }
    }
}
