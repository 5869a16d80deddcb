internal import ArgumentParser
internal import SnapEngine

/// `snapctl stats`
struct StatisticsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what the store holds, and how much that saves.",
        discussion: """
            Sizes are exact, and counted over all completed snapshots, those in the recycle bin too.

            EXAMPLES
              snapctl stats
              snapctl stats --output json
            """
    )

    @OptionGroup var shared: SharedOptions

    func run() throws {
        try StatisticsAnswer(statistics: try shared.openEngine().statistics()).print(as: shared.format)
    }
}

/// What the whole store holds.
struct StatisticsAnswer: Answer {
    let statistics: StoreStatistics

    var value: OutputValue {
        .record([
            OutputField("VolumeCount", .integer(statistics.volumeCount)),
            OutputField("SnapshotCount", .integer(statistics.snapshotCount)),
            OutputField("VolumeByteCount", .integer(statistics.volumeByteCount)),
            OutputField("FullByteCount", .integer(statistics.fullByteCount)),
            OutputField("DistinctByteCount", .integer(statistics.distinctByteCount)),
            OutputField("ChunkCount", .integer(statistics.chunkCount)),
            OutputField("ChunkStoredByteCount", .integer(statistics.chunkStoredByteCount)),
            OutputField("PageCount", .integer(statistics.pageCount)),
            OutputField("PageStoredByteCount", .integer(statistics.pageStoredByteCount)),
            OutputField("UnneededByteCount", .integer(statistics.unneededByteCount)),
            OutputField("PackCount", .integer(statistics.packCount)),
            OutputField("PackByteCount", .integer(statistics.packByteCount)),
            OutputField("DistrustedChunkCount", .integer(statistics.distrustedChunkCount)),
            OutputField("DedupRatio", .number(deduplication)),
            OutputField("CompressionRatio", .number(compression)),
        ])
    }

    private var deduplication: Double { SizeFields.ratio(statistics.fullByteCount, statistics.distinctByteCount) }
    private var compression: Double {
        SizeFields.ratio(statistics.distinctByteCount, statistics.chunkStoredByteCount)
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        let snapshots = HumanText.count(statistics.snapshotCount, "snapshot")
        let packs = HumanText.count(statistics.packCount, "pack")
        Table(facts: [
            ("Snapshots", .init("\(snapshots) of \(HumanText.count(statistics.volumeCount, "volume"))")),
            ("Volumes", .init("\(HumanText.bytes(statistics.volumeByteCount)), as if each snapshot stood alone")),
            ("Not zero", .init(HumanText.bytes(statistics.fullByteCount))),
            ("Distinct", .init(times(statistics.distinctByteCount, deduplication, "deduplication"))),
            ("Stored", .init(times(statistics.chunkStoredByteCount, compression, "compression"))),
            ("Manifests", .init(HumanText.bytes(statistics.pageStoredByteCount))),
            ("Of no use", .init("\(HumanText.bytes(statistics.unneededByteCount)) ('snapctl gc')")),
            ("Packs", .init("\(packs), \(HumanText.bytes(statistics.packByteCount))")),
        ]).write(to: output, style: style, columnCount: columnCount)
    }

    private func times(_ byteCount: Int, _ ratio: Double, _ what: String) -> String {
        "\(HumanText.bytes(byteCount)) (\(what) \(HumanText.twoDecimals(ratio)))"
    }
}
