internal import ArgumentParser
internal import SnapEngine
internal import SnapModel

/// `snapctl stats`
struct StatisticsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what the store holds, and how much that saves.",
        discussion: """
            Sizes are exact, and counted over all completed snapshots, those in the recycle bin too. Given ids, it \
            shows what would come free, were all of these snapshots deleted for good: at least the sum of what each \
            has alone.

            EXAMPLES
              snapctl stats
              snapctl stats snap-1a2b3c4d snap-5e6f7a8b
              snapctl stats --output json
            """
    )

    @Argument(help: ArgumentHelp("Ids of snapshots that may be deleted together.", valueName: "snap"))
    var snapshots: [String] = []

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let ids = try Identifiers.snapshots(snapshots)
        let engine = try shared.openEngine()
        guard !ids.isEmpty else {
            return try StatisticsAnswer(statistics: try engine.statistics()).print(as: shared.format)
        }
        _ = try engine.snapshots(ids)
        try FreedAnswer(ids: ids, byteCount: try engine.freedIfDeleted(Set(ids))).print(as: shared.format)
    }
}

/// What deleting some snapshots together would free.
struct FreedAnswer: Answer {
    let ids: [SnapshotID]
    let byteCount: Int

    var value: OutputValue {
        .record([
            OutputField("SnapshotIds", .list(ids.map { .text($0.rawValue) })),
            OutputField("FreedIfDeletedByteCount", .integer(byteCount)),
        ])
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        Table(facts: [
            ("Snapshots", .init("\(ids.count)")), ("Freed if deleted", .init(HumanText.bytes(byteCount))),
        ]).write(to: output, style: style, columnCount: columnCount)
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
