internal import SnapEngine
internal import SnapModel

/// The settings that are one word or number: keys of the configuration file, and by them the names of variables
/// (`owner-id`: `SNAPCTL_OWNER_ID`) and of options.
enum SettingKey: String, CaseIterable {
    case root
    case ownerID = "owner-id"
    case region
    case logDirectory = "log-dir"
    case hooksDirectory = "hooks-dir"
    case hookTimeout = "hook-timeout"
    case maxFreeze = "max-freeze"
    case packSize = "pack-size"
    case workerThreads = "worker-threads"
    case readerThreads = "reader-threads"
    case timeZone = "time-zone"
    case recycleBinDays = "recycle-bin.days"
    case scrubTime = "scrub-time"
    case metricsFile = "metrics-file"

    static let variablePrefix = "SNAPCTL_"
    static let threadRange = 1...64
    static let regionLimit = 64

    var variable: String {
        Self.variablePrefix + String(rawValue.uppercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
    }

    var isPath: Bool {
        switch self {
        case .root, .logDirectory, .hooksDirectory, .metricsFile: true
        case .ownerID, .region, .hookTimeout, .maxFreeze, .packSize, .workerThreads, .readerThreads, .timeZone,
            .recycleBinDays, .scrubTime:
            false
        }
    }

    /// Why `text` cannot be the value; nil where it can.
    func complaint(about text: String) -> String? {
        switch self {
        case .root, .logDirectory, .hooksDirectory, .metricsFile: text.isEmpty ? "a path is not empty" : nil
        case .ownerID: Self.isOwnerID(text) ? nil : "an owner id has 12 digits"
        case .region: Self.isRegion(text) ? nil : "a region has 1 to \(Self.regionLimit) of a–z, 0–9 and -"
        case .hookTimeout, .maxFreeze, .scrubTime: Self.span(text) == nil ? "it is from 1ms to 24h, such as 30s" : nil
        case .packSize: Self.packByteCount(text) == nil ? "it is from 4M to 1G, such as 32M" : nil
        case .workerThreads, .readerThreads: Self.complaint(text, Self.threadRange)
        case .recycleBinDays: Self.complaint(text, RecycleBinRules.dayRange)
        case .timeZone: LocalZone.named(text) == nil ? "no such time zone is known; one is Europe/Berlin" : nil
        }
    }

    static func span(_ text: String) -> Duration? {
        TimeSpan(argument: text).map(\.duration).flatMap { TimeSpan.range.contains($0) ? $0 : nil }
    }

    static func packByteCount(_ text: String) -> Int? {
        ByteSize(argument: text).map(\.byteCount)
            .flatMap { EngineConfiguration.packByteCountRange.contains($0) ? $0 : nil }
    }

    static func number(_ text: String, _ range: ClosedRange<Int>) -> Int? {
        guard text.utf8.allSatisfy(isDigit) else { return nil }
        return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }

    private static func complaint(_ text: String, _ range: ClosedRange<Int>) -> String? {
        number(text, range) == nil ? "it is a number from \(range.lowerBound) to \(range.upperBound)" : nil
    }

    private static func isOwnerID(_ text: String) -> Bool {
        text.utf8.count == Settings.ownerDigitCount && text.utf8.allSatisfy(isDigit)
    }

    private static func isRegion(_ text: String) -> Bool {
        (1...regionLimit).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == 0x2d
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
