internal import SnapEngine
internal import SnapModel

/// What `diff` found.
struct DifferenceAnswer: Answer {
    let outcome: DifferenceOutcome

    var value: OutputValue {
        .record([
            OutputField("FirstSnapshotId", .text(outcome.first.id.rawValue)),
            OutputField("SecondSnapshotId", .text(outcome.second.id.rawValue)),
            OutputField("BlockSize", .integer(BlockGeometry.byteCount)),
            OutputField("ChangedBlockCount", .integer(outcome.changedBlockCount)),
            OutputField("ChangedByteCount", .integer(outcome.changedByteCount)),
            OutputField("ChangedRanges", ExtentFields.list(outcome.changed)),
        ])
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        let (first, second) = (outcome.first.id, outcome.second.id)
        guard outcome.changedBlockCount > 0 else {
            return output.append("\(first) and \(second) hold the same bytes\n")
        }
        let blocks = HumanText.count(outcome.changedBlockCount, "block")
        output.append(
            "\(first) and \(second) differ in \(HumanText.bytes(outcome.changedByteCount)) (\(blocks))\n"
        )
        ExtentFields.writeTable(outcome.changed, to: output, style: style)
    }
}
