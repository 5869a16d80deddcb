internal import SnapEngine

/// What `benchmark` measured.
struct BenchmarkAnswer: Answer {
    let lines: [BenchmarkLine]

    var value: OutputValue { .record([OutputField("Benchmarks", .list(lines.map(Self.record)))]) }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        for line in lines { output.append(Self.words(for: line) + "\n") }
    }

    /// One line, with columns that do not depend on the other lines: they are printed as they are measured.
    static func words(for line: BenchmarkLine) -> String {
        let name = TerminalText.oneLine(line.name)
        let threads = HumanText.count(line.threadCount, "thread")
        let rate = HumanText.twoDecimals(gibibytesPerSecond(line))
        let space = String(repeating: " ", count: max(0, 8 - rate.count))
        return padded(name, to: 28) + padded(threads, to: 12) + space + rate + " GiB/s"
    }

    private static func record(of line: BenchmarkLine) -> OutputValue {
        .record([
            OutputField("Name", .text(line.name)),
            OutputField("ThreadCount", .integer(line.threadCount)),
            OutputField("ByteCount", .integer(line.byteCount)),
            OutputField("Seconds", .number(line.seconds)),
            OutputField("GibibytesPerSecond", .number(gibibytesPerSecond(line))),
        ])
    }

    /// What took no measurable time has no rate.
    private static func gibibytesPerSecond(_ line: BenchmarkLine) -> Double {
        line.seconds > 0 ? line.gibibytesPerSecond : 0
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}

/// What `catalogue rebuild` found.
struct RebuildAnswer: Answer {
    let outcome: RebuildOutcome

    var value: OutputValue {
        .record([
            OutputField("SnapshotCount", .integer(outcome.snapshotCount)),
            OutputField("PackCount", .integer(outcome.packCount)),
            OutputField("ChunkCount", .integer(outcome.chunkCount)),
            OutputField("DamagedPacks", .list(outcome.damagedPacks.map(OutputValue.text))),
            OutputField("DamagedSnapshots", .list(outcome.damagedSnapshots.map(OutputValue.text))),
        ])
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        let packs = HumanText.count(outcome.packCount, "pack")
        let chunks = HumanText.count(outcome.chunkCount, "chunk")
        output.append("found \(HumanText.count(outcome.snapshotCount, "snapshot")), \(packs), \(chunks)\n")
        for line in outcome.damagedPacks + outcome.damagedSnapshots {
            output.append(style.apply(.bad, to: "damaged: ") + TerminalText.oneLine(line) + "\n")
        }
    }

    /// The error that stands for the damage, if there is any.
    var error: EngineError? {
        guard !outcome.damagedPacks.isEmpty || !outcome.damagedSnapshots.isEmpty else { return nil }
        let packs = HumanText.count(outcome.damagedPacks.count, "pack")
        let snapshots = HumanText.count(outcome.damagedSnapshots.count, "snapshot")
        return EngineError(
            .dataDamaged,
            "the catalogue is rebuilt, but \(packs) and \(snapshots) are damaged"
        )
    }
}
