internal import SnapDevice
internal import SnapModel
internal import SnapSystem

/// How long it would take to read a volume, by a short look past the page cache.
enum ReadSpeed {
    struct Estimate: Hashable, Sendable {
        var bytesPerSecond: Double
        var seconds: Double
    }

    /// Reads at most `looking` long, all over the volume. What an image file has no bytes for takes no time.
    static func estimate(_ facts: VolumeFacts, looking: Duration = .milliseconds(300)) throws(DeviceError) -> Estimate {
        let reader = try VolumeReader(opening: facts, claiming: false)
        defer { reader.close() }
        let byteCount = contentsByteCount(facts) ?? reader.byteCount
        let rate = try rate(of: reader, looking: looking)
        return Estimate(bytesPerSecond: rate, seconds: Double(byteCount) / rate)
    }

    private static func contentsByteCount(_ facts: VolumeFacts) -> Int? {
        guard facts.kind == .regularFile, let status = try? FileStatus(of: facts.path) else { return nil }
        return min(status.byteCount, status.allocatedByteCount)
    }

    private static func rate(of reader: VolumeReader, looking: Duration) throws(DeviceError) -> Double {
        let buffer: AlignedBuffer
        do throws(SystemError) {
            buffer = try AlignedBuffer(byteCount: partByteCount)
        } catch {
            throw DeviceError(.systemFailure, reader.facts.path, "cannot be measured: \(error)", cause: error)
        }
        let step = max(partByteCount, reader.byteCount / sampleCount / partByteCount * partByteCount)
        let watch = Stopwatch()
        var (readByteCount, offset) = (0, 0)
        while watch.elapsed < looking, let data = try reader.nextData(from: offset) {
            // Holes would make it look faster than it is.
            let byteCount = min(partByteCount, data.end - max(data.offset, offset))
            offset = max(data.offset, offset)
            try reader.read(into: buffer, range: 0..<byteCount, at: offset)
            readByteCount += byteCount
            offset += step
        }
        // A clock that did not move says that it is fast.
        return Double(max(1, readByteCount)) / max(watch.seconds, 1e-6)
    }

    private static let partByteCount = 2 << 20
    private static let sampleCount = 256
}
