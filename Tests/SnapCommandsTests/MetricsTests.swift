import SnapModel
import Testing

@testable import SnapCommands
@testable import SnapEngine

/// The text format as its specification has it, and no more.
struct ParsedMetrics {
    struct Failure: Error { var line: String }

    private(set) var samples: [String: [(labels: [String: String], value: Double)]] = [:]

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Failure(line: "the last line has no end") }
        var types: Set<String> = []
        var current: Substring = ""
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if let help = line.wholeMatch(of: /# HELP ([a-z_]+) .+/) {
                guard samples[String(help.1)] == nil else { throw Failure(line: String(line)) }
                current = help.1
            } else if let type = line.wholeMatch(of: /# TYPE ([a-z_]+) gauge/) {
                guard type.1 == current, types.insert(String(type.1)).inserted else {
                    throw Failure(line: String(line))
                }
            } else if let sample = line.wholeMatch(of: /([a-z_]+)(?:\{(.*)\})? (-?[0-9]+(?:\.[0-9]+)?(?:e\+[0-9]+)?)/) {
                guard sample.1 == current, let value = Double(sample.3) else { throw Failure(line: String(line)) }
                let labels = try Self.labels(sample.2 ?? "")
                guard samples[String(current)]?.contains(where: { $0.labels == labels }) != true else {
                    throw Failure(line: "twice: \(line)")
                }
                samples[String(current), default: []].append((labels, value))
            } else {
                throw Failure(line: String(line))
            }
        }
        guard Set(samples.keys) == types else { throw Failure(line: "a type without samples") }
    }

    private static func labels(_ text: Substring) throws -> [String: String] {
        var labels: [String: String] = [:]
        var rest = text
        while !rest.isEmpty {
            guard let label = rest.prefixMatch(of: /([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/) else {
                throw Failure(line: String(rest))
            }
            labels[String(label.1)] = String(label.2).replacing("\\\\", with: "\u{0}").replacing("\\n", with: "\n")
                .replacing("\\\"", with: "\"").replacing("\u{0}", with: "\\")
            rest = rest[label.range.upperBound...]
        }
        return labels
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples["snapctl_" + name]?.first { sample in labels.allSatisfy { sample.labels[$0.key] == $0.value } }?.value
    }
}

@Suite struct MetricsTests {
    private static func metrics() throws -> StoreMetrics {
        let volume = Volume(
            id: VolumeID(wellFormed: "vol-1234abcd"), identity: VolumeIdentity(strength: .weak, value: "x"),
            path: "/a \"b\"\\c\nd", byteCount: 1 << 40, createTime: Timestamp(millisecondsSinceEpoch: 0))
        func snapshot(_ id: String, _ state: SnapshotState, _ time: Int64) -> Snapshot {
            Snapshot(
                id: SnapshotID(wellFormed: id), volume: volume, state: state,
                startTime: Timestamp(millisecondsSinceEpoch: time), ownerID: "1", description: "",
                consistency: Consistency(method: .exclusive), volumeByteCount: 1 << 40)
        }
        var good = snapshot("snap-00000002", .completed, 1_700_000_000_250)
        good.completionTime = Timestamp(millisecondsSinceEpoch: 1_700_000_012_750)
        good.image = SnapshotImage(
            manifestRoot: PageID(Digest(words: (1, 1, 1, 1))), fullByteCount: 5, newByteCount: 4,
            storedByteCount: 3)
        var record = MaintenanceRecord()
        record.lastSuccessTime = Timestamp(millisecondsSinceEpoch: 5_000)
        record.damaged = [good.id]
        var metrics = StoreMetrics(
            of: [snapshot("snap-00000003", .error, 1_700_000_900_000), good, snapshot("snap-00000001", .completed, 9)],
            maintenance: record)
        metrics.packByteCount = 1 << 50
        return metrics
    }

    @Test func `the last good one of each volume, whatever came after it`() throws {
        let text = PrometheusText.of(try Self.metrics(), at: Timestamp(millisecondsSinceEpoch: 1_700_001_000_000))
        let parsed = try ParsedMetrics(text)
        let labels = ["volume": "vol-1234abcd", "path": "/a \"b\"\\c\nd"]
        #expect(parsed.value("volume_last_completed_time_seconds", labels) == 1_700_000_000.25)
        #expect(parsed.value("volume_last_failure_time_seconds", labels) == 1_700_000_900)
        #expect(parsed.value("volume_last_duration_seconds", labels) == 12.5)
        #expect(parsed.value("volume_size_bytes", labels) == 1_099_511_627_776)
        #expect(
            parsed.value("volume_last_full_bytes", labels) == 5 && parsed.value("volume_last_new_bytes", labels) == 4)
        #expect(parsed.value("volume_last_stored_bytes", labels) == 3)
        for (state, count) in [("completed", 2.0), ("error", 1), ("pending", 0)] {
            #expect(parsed.value("volume_snapshots", ["state": state]) == count)
        }
        #expect(parsed.value("store_bytes") == 1_125_899_906_842_624 && parsed.value("damaged_snapshots") == 1)
        #expect(
            parsed.value("maintain_last_success_time_seconds") == 5
                && parsed.value("metrics_time_seconds") == 1_700_001_000)
        // What is not known has no line.
        #expect(
            parsed.value("volume_last_freeze_seconds") == nil && parsed.value("maintain_last_end_time_seconds") == nil)
        try Golden.expect(text, "metrics.prom")
    }

    @Test func `the parser of these tests is strict`() {
        for text in [
            "a 1", "a 1\n", "# HELP a b\n# TYPE a counter\na 1\n", "# HELP a b\n# TYPE a gauge\na{x=\"\"\"} 1\n",
        ] {
            #expect(throws: ParsedMetrics.Failure.self) { try ParsedMetrics(text) }
        }
    }

    /// A sparse file may say that it has more bytes than fit a number in thousandths.
    @Test(arguments: [Int.max, 1 << 62, 1 << 53]) func `sizes beyond all disks`(byteCount: Int) throws {
        var metrics = StoreMetrics(of: [], maintenance: MaintenanceRecord())
        metrics.packByteCount = byteCount
        let text = PrometheusText.of(metrics, at: Timestamp(millisecondsSinceEpoch: 1_001))
        #expect(try ParsedMetrics(text).value("store_bytes") == Double(byteCount))
        #expect(text.contains("snapctl_metrics_time_seconds 1.001\n"))
    }

    @Test func `no volumes are no lines`() throws {
        let parsed = try ParsedMetrics(
            PrometheusText.of(
                StoreMetrics(of: [], maintenance: MaintenanceRecord()), at: Timestamp(millisecondsSinceEpoch: 1)))
        #expect(parsed.samples["snapctl_volume_snapshots"] == nil && parsed.value("store_packs") == 0)
    }
}
