internal import SnapEngine
internal import SnapModel

/// What `gc` did, or would do.
struct GarbageAnswer: Answer {
    let report: GarbageReport

    var value: OutputValue {
        .record([
            OutputField("DryRun", .boolean(report.isDryRun)),
            OutputField("PackCount", .integer(report.packCount)),
            OutputField("PackByteCount", .integer(report.packByteCount)),
            OutputField("Needed", Self.count(report.needed)),
            OutputField("Unneeded", Self.count(report.unneeded)),
            OutputField("RemovedPackCount", .integer(report.removedPackCount)),
            OutputField("RewrittenPackCount", .integer(report.rewrittenPackCount)),
            OutputField("DeferredPackCount", .integer(report.deferredPackCount)),
            OutputField("Copied", Self.count(report.copied)),
            OutputField("Freed", Self.count(report.freed)),
            OutputField("FreedPackByteCount", .integer(report.freedPackByteCount)),
        ])
    }

    private static func count(_ bodies: BodyCount) -> OutputValue {
        .record([
            OutputField("Count", .integer(bodies.count)), OutputField("StoredByteCount", .integer(bodies.byteCount)),
        ])
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        let (removed, rewritten) = (report.removedPackCount, report.rewrittenPackCount)
        guard removed + rewritten + report.deferredPackCount > 0 else {
            return output.append("Nothing to remove" + left + ".\n")
        }
        let would = report.isDryRun ? "would be " : ""
        output.append(
            "\(HumanText.count(removed, "pack")) \(would)removed, \(rewritten) \(would)rewritten: "
                + "\(HumanText.bytes(report.freed.byteCount)) \(would)freed" + left + ".\n")
        guard report.deferredPackCount > 0 else { return }
        output.append(
            "\(HumanText.count(report.deferredPackCount, "pack")) stayed: a snapshot under way may rely on them, or they "
                + "cannot be read. Run 'snapctl gc' again when it has ended.\n")
    }

    /// What the threshold leaves.
    private var left: String {
        let rest = report.unneeded.byteCount - report.freed.byteCount
        return rest > 0 ? ", \(HumanText.bytes(rest)) of no use stay among what is needed" : ""
    }
}
