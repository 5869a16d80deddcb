internal import SnapSystem
internal import SystemPackage

/// What the kernel itself counts of the writes to a disk or partition: the sectors that were written and discarded since it is there
/// (Documentation/block/stat.rst). The kernel counts them right after the tracepoint is passed, by the same number: so it
/// is known whether a program has seen all.
struct WrittenSectors: Sendable {
    private let path: FilePath
    /// Newer kernels tell of what is under way to each partition there only.
    private let partitions: [FilePath]

    /// Throws `unsupported` where the kernel was told not to count.
    init(of device: DeviceNumber) throws(TrackingError) {
        let directory = FilePath("/sys/dev/block/\(device)")
        path = directory.appending("stat")
        let names = (try? Directory.names(in: directory)) ?? []
        partitions = names.map { directory.appending($0) }.filter { File.exists($0.appending("partition")) }.map {
            $0.appending("stat")
        }
        // That of a partition is its disk's.
        let isPartition = File.exists(directory.appending("partition"))
        let choice = FilePath("\(directory)/\(isPartition ? "../" : "")queue/iostats")
        guard (try? File.readText(choice))?.hasPrefix("1") == true else {
            throw TrackingError(.unsupported, "the kernel does not count the writes to its disk (\(choice))")
        }
    }

    /// Of all that was written since the kernel counts.
    func count() throws(TrackingError) -> UInt64 {
        let fields = try fields(of: path)
        return fields[Self.writtenField] + fields[Self.discardedField]
    }

    /// No request to the device was under way in this moment.
    func isIdle() throws(TrackingError) -> Bool {
        for path in [path] + partitions where try fields(of: path)[Self.inFlightField] != 0 { return false }
        return true
    }

    private func fields(of path: FilePath) throws(TrackingError) -> [UInt64] {
        let text: String
        do throws(SystemError) { text = try File.readText(path) } catch { throw TrackingError(error) }
        let fields = text.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
        // Kernels before 4.18 counted no discards by themselves.
        guard fields.count > Self.discardedField else {
            throw TrackingError(.unsupported, "\(path) is not as it is known")
        }
        return fields
    }

    private static let (writtenField, inFlightField, discardedField) = (6, 8, 13)
}
