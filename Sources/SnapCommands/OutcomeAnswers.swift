internal import SnapEngine
internal import SnapModel

/// Ranges of bytes, for programs and for people.
enum ExtentFields {
    /// More lines than a person reads.
    static let tableLimit = 40

    static func list(_ extents: [ByteExtent]) -> OutputValue {
        .listing(count: extents.count) { index in
            .record([
                OutputField("Offset", .integer(extents[index].offset)),
                OutputField("ByteCount", .integer(extents[index].byteCount)),
            ])
        }
    }

    static func byteCount(_ extents: [ByteExtent]) -> Int { extents.reduce(0) { $0 + $1.byteCount } }

    static func writeTable(_ extents: [ByteExtent], to output: OutputBuffer, style: Style) {
        guard !extents.isEmpty else { return }
        var table = Table([
            .init("FIRST BYTE", isNumber: true), .init("LAST BYTE", isNumber: true),
            .init("SIZE", isNumber: true),
        ])
        for extent in extents.prefix(tableLimit) {
            table.append([
                .init(String(extent.offset)), .init(String(extent.end - 1)),
                .init(HumanText.bytes(extent.byteCount)),
            ])
        }
        table.write(to: output, style: style, columnCount: nil)
        if extents.count > tableLimit {
            output.append(
                "and \(HumanText.count(extents.count - tableLimit, "more range")) (all: --output json)\n"
            )
        }
    }
}

/// What `restore` did.
struct RestoreAnswer: Answer {
    let outcome: ImageOutcome
    let target: String

    var value: OutputValue {
        .record([
            OutputField("SnapshotId", .text(outcome.snapshot.id.rawValue)),
            OutputField("Target", .text(target)),
            OutputField("VolumeByteCount", .integer(outcome.snapshot.volumeByteCount)),
            OutputField("CheckedByteCount", .integer(outcome.checkedByteCount)),
            OutputField("DamagedByteCount", .integer(ExtentFields.byteCount(outcome.damaged))),
            OutputField("DamagedRanges", ExtentFields.list(outcome.damaged)),
            OutputField("Explanations", .list(outcome.explanations.map(OutputValue.text))),
        ])
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        let sizes =
            "\(HumanText.bytes(outcome.snapshot.volumeByteCount)), of that contents "
            + HumanText.bytes(outcome.checkedByteCount)
        output.append(
            TerminalText.oneLine("restored \(outcome.snapshot.id) to \(target): \(sizes), read and checked")
                + "\n"
        )
        DamageReport.write(outcome, to: output, style: style)
    }
}

/// What `verify` found.
struct VerifyAnswer: Answer {
    let outcome: ImageOutcome
    /// The volume it was compared with.
    let volume: String?

    /// One word; damage outranks difference.
    var verdict: String {
        if !outcome.damaged.isEmpty { return "damaged" }
        return outcome.differing.isEmpty ? "ok" : "different"
    }

    var value: OutputValue {
        var fields: [OutputField] = []
        fields.append("SnapshotId", .text(outcome.snapshot.id.rawValue))
        fields.append("Result", .text(verdict))
        fields.append("CheckedByteCount", .integer(outcome.checkedByteCount))
        fields.append("DamagedByteCount", .integer(ExtentFields.byteCount(outcome.damaged)))
        fields.append("DamagedRanges", ExtentFields.list(outcome.damaged))
        fields.append("Explanations", .list(outcome.explanations.map(OutputValue.text)))
        if let volume {
            fields.append("Against", .text(volume))
            fields.append("DifferingByteCount", .integer(ExtentFields.byteCount(outcome.differing)))
            fields.append("DifferingRanges", ExtentFields.list(outcome.differing))
        }
        return .record(fields)
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        if outcome.damaged.isEmpty {
            let words = "\(HumanText.bytes(outcome.checkedByteCount)) of contents read and checked"
            output.append("\(outcome.snapshot.id): \(style.apply(.good, to: "OK")), \(words)\n")
        }
        DamageReport.write(outcome, to: output, style: style)
        guard let volume else { return }
        let size = HumanText.bytes(ExtentFields.byteCount(outcome.differing))
        let words = outcome.differing.isEmpty ? "holds the same bytes" : "differs in \(size)"
        output.append(TerminalText.oneLine("\(volume) \(words)") + "\n")
        ExtentFields.writeTable(outcome.differing, to: output, style: style)
    }
}

/// Damage, for people.
enum DamageReport {
    static func write(_ outcome: ImageOutcome, to output: OutputBuffer, style: Style) {
        guard !outcome.damaged.isEmpty else { return }
        let size = HumanText.bytes(ExtentFields.byteCount(outcome.damaged))
        output.append(
            "\(outcome.snapshot.id): \(style.apply(.bad, to: "DAMAGED")), \(size) cannot be had back\n"
        )
        for explanation in outcome.explanations {
            output.append("  " + TerminalText.oneLine(explanation) + "\n")
        }
        ExtentFields.writeTable(outcome.damaged, to: output, style: style)
    }

    /// The error that stands for the damage, if there is any.
    static func error(_ outcome: ImageOutcome) -> EngineError? {
        guard !outcome.damaged.isEmpty else { return nil }
        let ranges = HumanText.count(outcome.damaged.count, "range")
        let size = HumanText.bytes(ExtentFields.byteCount(outcome.damaged))
        return EngineError(.dataDamaged, "\(outcome.snapshot.id) is damaged in \(ranges), \(size) in all")
    }
}
