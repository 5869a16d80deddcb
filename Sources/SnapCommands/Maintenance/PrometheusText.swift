internal import SnapEngine
internal import SnapModel

/// Metrics in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/, 0.0.4).
struct PrometheusText {
    private typealias Label = (name: String, value: String)
    private typealias Sample = (labels: [Label], value: Double)

    private var text = ""

    static func of(_ metrics: StoreMetrics, at now: Timestamp) -> String {
        var writer = PrometheusText()
        writer.writeVolumes(metrics.volumes)
        writer.writeStore(metrics)
        writer.writeMaintenance(metrics.maintenance)
        writer.write("metrics_time_seconds", "When these metrics were taken.", [([], now.seconds)])
        return writer.text
    }

    private mutating func writeVolumes(_ volumes: [StoreMetrics.OfVolume]) {
        let byState: [Sample] = volumes.flatMap { volume in
            SnapshotState.allCases.map { state in
                (Self.labels(volume) + [("state", state.rawValue)], Double(volume.countsByState[state] ?? 0))
            }
        }
        write("volume_snapshots", "Snapshots of the volume, by state.", byState)
        write("volume_size_bytes", "Size of the volume when it was last seen.", volumes) { Double($0.volume.byteCount) }
        write("volume_last_completed_time_seconds", "StartTime of the last snapshot that is completed.", volumes) {
            $0.lastCompleted?.startTime.seconds
        }
        write("volume_last_failure_time_seconds", "StartTime of the last snapshot that ended as error.", volumes) {
            $0.lastFailureTime?.seconds
        }
        write("volume_last_duration_seconds", "From StartTime to completion of the last completed one.", volumes) {
            guard let last = $0.lastCompleted, let end = last.completionTime else { return nil }
            return end.seconds - last.startTime.seconds
        }
        writeLast(volumes)
    }

    private mutating func writeLast(_ volumes: [StoreMetrics.OfVolume]) {
        write("volume_last_full_bytes", "Bytes of it that are not zero.", volumes) {
            ($0.lastCompleted?.image?.fullByteCount).map(Double.init)
        }
        write("volume_last_new_bytes", "Bytes of it that nobody had stored before.", volumes) {
            ($0.lastCompleted?.image?.newByteCount).map(Double.init)
        }
        write("volume_last_stored_bytes", "What those took in packs.", volumes) {
            ($0.lastCompleted?.image?.storedByteCount).map(Double.init)
        }
        write("volume_last_freeze_seconds", "How long its writers were held up for it.", volumes) {
            ($0.lastCompleted?.consistency.freezeDuration).map { $0 / .seconds(1) }
        }
    }

    private mutating func writeStore(_ metrics: StoreMetrics) {
        write("store_packs", "Packs in the store.", [([], Double(metrics.packCount))])
        write("store_bytes", "Bytes of all packs.", [([], Double(metrics.packByteCount))])
        write(
            "store_suspect_chunks", "Chunks that could not be read when they were last needed.",
            [([], Double(metrics.suspectChunkCount))])
        write("recycle_bin_snapshots", "Snapshots in the recycle bin.", [([], Double(metrics.binnedSnapshotCount))])
    }

    private mutating func writeMaintenance(_ record: MaintenanceRecord) {
        func samples(_ time: Timestamp?) -> [Sample] { time.map { [([], $0.seconds)] } ?? [] }
        write("maintain_last_start_time_seconds", "When maintenance last began.", samples(record.lastStartTime))
        write("maintain_last_end_time_seconds", "When maintenance last ended.", samples(record.lastEndTime))
        write("maintain_last_success_time_seconds", "When all of it last went well.", samples(record.lastSuccessTime))
        write(
            "damaged_snapshots", "Snapshots in which damage was found when they were last read.",
            [([], Double(record.damaged.count))])
    }

    /// Volumes that have no value have no line: a 0 would be a time in 1970.
    private mutating func write(
        _ name: String, _ help: String, _ volumes: [StoreMetrics.OfVolume], _ value: (StoreMetrics.OfVolume) -> Double?
    ) {
        write(name, help, volumes.compactMap { volume in value(volume).map { (Self.labels(volume), $0) } })
    }

    private mutating func write(_ name: String, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        text += "# HELP snapctl_\(name) \(help)\n# TYPE snapctl_\(name) gauge\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            text += "snapctl_\(name)" + (labels.isEmpty ? "" : "{\(labels)}") + " \(Self.number(sample.value))\n"
        }
    }

    private static func labels(_ volume: StoreMetrics.OfVolume) -> [Label] {
        [("volume", volume.volume.id.rawValue), ("path", volume.volume.path)]
    }

    /// Whole numbers without a point, others in thousandths.
    private static func number(_ value: Double) -> String {
        // Bytes may be too many for a number of the machine, once they are thousandths.
        if let whole = Int(exactly: value) { return "\(whole)" }
        if value.magnitude >= 1e15 { return "\(value)" }
        let thousandths = Int((value * 1_000).rounded())
        return thousandths % 1_000 == 0 ? "\(thousandths / 1_000)" : OutputValue.decimal(ofThousandths: thousandths)
    }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: String(scalar)
            }
        }.joined()
    }
}

extension Timestamp {
    fileprivate var seconds: Double { Double(millisecondsSinceEpoch) / 1_000 }
}
