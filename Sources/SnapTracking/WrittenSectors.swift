internal import SnapSystem
internal import SystemPackage

/// What the kernel itself counts of the writes to a disk or partition: the sectors that were written and discarded since it is there
/// (Documentation/block/stat.rst). The kernel counts them right after the tracepoint is passed, by the same number: so it
/// is known whether a program has seen all.
struct WrittenSectors: Sendable {
    private let path: FilePath

    /// Throws `unsupported` where the kernel was told not to count.
    init(of device: DeviceNumber) throws(TrackingError) {
        let directory = FilePath("/sys/dev/block/\(device)")
        path = directory.appending("stat")
        // That of a partition is its disk's.
        let isPartition = File.exists(directory.appending("partition"))
        let choice = FilePath("\(directory)/\(isPartition ? "../" : "")queue/iostats")
        guard (try? File.readText(choice))?.hasPrefix("1") == true else {
            throw TrackingError(.unsupported, "the kernel does not count the writes to its disk (\(choice))")
        }
    }

    /// Of all that was written since the kernel counts.
    func count() throws(TrackingError) -> UInt64 { try read().sectorCount }

    /// `isIdle`: no request to the device was under way in that moment.
    func read() throws(TrackingError) -> (sectorCount: UInt64, isIdle: Bool) {
        let text: String
        do throws(SystemError) { text = try File.readText(path) } catch { throw TrackingError(error) }
        let fields = text.split(whereSeparator: \.isWhitespace).map { UInt64($0) }
        // Kernels before 4.18 counted no discards by themselves.
        guard fields.count > Self.discardedField, let written = fields[Self.writtenField],
            let discarded = fields[Self.discardedField], let inFlight = fields[Self.inFlightField]
        else { throw TrackingError(.unsupported, "\(path) is not as it is known") }
        return (written + discarded, inFlight == 0)
    }

    private static let (writtenField, inFlightField, discardedField) = (6, 8, 13)
}
