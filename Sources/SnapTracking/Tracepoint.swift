internal import CLinux
internal import SnapSystem
internal import SystemPackage

/// A place in the kernel's block layer where programs can be called, and what it tells them: by its file `format`
/// (Documentation/trace/events.rst), since the places of fields change between kernels.
struct Tracepoint: Hashable, Sendable {
    /// For perf_event_open(2).
    var number: UInt64
    /// Of a disk, or a partition: as the kernel numbers it by itself.
    var device: Int
    var sector: Int
    var sectorCount: Int
    /// Letters: `R` reads, `W` writes, `D` discards, `N` none of these; `F` before it, where the disk is flushed first.
    var operation: Int

    /// A request to a disk, or part of one, has been carried out.
    static func requestCompleted() throws(TrackingError) -> Tracepoint { try load("block_rq_complete") }

    /// Somebody asks for a transfer, which will become part of a request.
    static func transferQueued() throws(TrackingError) -> Tracepoint { try load("block_bio_queue") }

    private static func load(_ name: String) throws(TrackingError) -> Tracepoint {
        let text: String
        do throws(SystemError) {
            text = try TracingFiles.read("events/block/\(name)/format")
        } catch {
            let isForbidden = error.code == .permissionDenied || error.code == .notPermitted
            throw TrackingError(
                isForbidden ? .permissionDenied : .unsupported, "the kernel has no tracepoint \(name): \(error)")
        }
        guard let tracepoint = Tracepoint(format: text) else {
            throw TrackingError(.unsupported, "the kernel's tracepoint \(name) is not as it is known")
        }
        return tracepoint
    }

    /// Parses the text of the file; nil where anything is missing, or has another size than is known.
    init?(format: String) {
        let lines = format.split(separator: "\n").map { $0.drop { $0 == "\t" || $0 == " " } }
        guard let line = lines.first(where: { $0.hasPrefix("ID: ") }), let number = UInt64(line.dropFirst(4)),
            let device = Self.field("dev", 4...4, lines), let sector = Self.field("sector", 8...8, lines),
            let sectorCount = Self.field("nr_sector", 4...4, lines),
            let operation = Self.field("rwbs", 2...64, lines)
        else { return nil }
        (self.number, self.device, self.sector) = (number, device, sector)
        (self.sectorCount, self.operation) = (sectorCount, operation)
    }

    /// `field:sector_t sector;  offset:16;  size:8;  signed:0;`
    private static func field(_ name: String, _ sizes: ClosedRange<Int>, _ lines: [Substring]) -> Int? {
        for line in lines where line.hasPrefix("field:") {
            let parts = line.split(separator: ";").map { $0.drop { $0 == "\t" || $0 == " " } }
            guard parts.count >= 3, let declared = parts[0].split(separator: " ").last,
                declared.prefix(while: { $0 != "[" }) == name
            else { continue }
            guard parts[1].hasPrefix("offset:"), let offset = Int(parts[1].dropFirst(7)),
                parts[2].hasPrefix("size:"), let size = Int(parts[2].dropFirst(5)), sizes.contains(size),
                // A program may read no word across its place.
                offset >= 8, offset < 4_096, offset % min(size, sizes.upperBound == 64 ? 1 : size) == 0
            else { return nil }
            return offset
        }
        return nil
    }
}

/// The files of the kernel's tracing (tracefs). Where they are mounted nowhere they are mounted for this process alone, without
/// a place in the tree.
enum TracingFiles {
    private static let usualPlaces: [FilePath] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]

    static func read(_ name: String) throws(SystemError) -> String {
        for place in usualPlaces {
            if let text = try? File.readText(FilePath("\(place)/\(name)"), upTo: byteLimit) { return text }
        }
        let folder = OwnedDescriptor(
            adopting: try systemCall("mount", subject) { clinux_mount_tracing() }, path: subject)
        let (number, path) = (folder.rawValue, FilePath(name))
        let file = OwnedDescriptor(adopting: try systemCall("open", path) { clinux_open_at(number, name) }, path: path)
        return String(decoding: try file.readBytes(byteLimit, at: 0), as: UTF8.self)
    }

    private static let subject: FilePath = "tracefs"
    private static let byteLimit = 65_536
}
