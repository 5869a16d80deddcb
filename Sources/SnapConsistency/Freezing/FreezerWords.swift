internal import SnapSystem

// What the two processes say to each other: lines of text, the first word of each its kind. snapctl writes commands to the
// freezer's standard input, and reads answers from its standard output; the end of the first means that snapctl is gone.
//
//     command   answer
//               ready [WORDS]             all is open and locked in memory; WORDS say what could not be
//     sync      syncing …, synced         "syncing" twice a second until all is written back
//     freeze    frozen
//     confirm   frozen
//     thaw      thawed NANOSECONDS        how long writers were held up
//               failed CODE WORDS         in the place of any of these: no freeze, or none any more
//               ended CODE WORDS          unasked: no freeze any more, though there should be
//               settled                   after those: nor is any call to freeze under way in the kernel

enum FreezerCommand: String, Sendable {
    case synchronise = "sync"
    case freeze, confirm, thaw

    var line: [UInt8] { Array("\(rawValue)\n".utf8) }
}

enum FreezerAnswer: Hashable, Sendable {
    case ready(String)
    case synchronising
    case synchronised
    case frozen
    case thawed(Duration)
    case failed(ConsistencyError)
    case ended(ConsistencyError)
    case settled

    var line: [UInt8] { Array("\(words)\n".utf8) }

    private var words: String {
        switch self {
        case .ready(let words): "ready \(words)"
        case .synchronising: "syncing"
        case .synchronised: "synced"
        case .frozen: "frozen"
        case .thawed(let duration): "thawed \(Int64(duration / .nanoseconds(1)))"
        case .failed(let error): "failed \(error.code.rawValue) \(error)"
        case .ended(let error): "ended \(error.code.rawValue) \(error)"
        case .settled: "settled"
        }
    }

    /// nil for a line that no freezer of this version says.
    init?(_ line: String) {
        let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count > 1 ? String(parts[1]) : ""
        switch parts.first {
        case "ready": self = .ready(rest)
        case "syncing": self = .synchronising
        case "synced": self = .synchronised
        case "frozen": self = .frozen
        case "settled": self = .settled
        case "thawed":
            guard let nanoseconds = Int64(rest), nanoseconds >= 0 else { return nil }
            self = .thawed(.nanoseconds(nanoseconds))
        case "failed":
            guard let error = Self.error(rest) else { return nil }
            self = .failed(error)
        case "ended":
            guard let error = Self.error(rest) else { return nil }
            self = .ended(error)
        default: return nil
        }
    }

    private static func error(_ text: String) -> ConsistencyError? {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let code = ConsistencyError.Code(rawValue: String(parts[0])) else { return nil }
        return ConsistencyError(code, String(parts[1]))
    }
}

/// Lines out of what a pipe gives, piece by piece.
struct LineBuffer {
    private var bytes: [UInt8] = []

    /// No line is longer; what has no end until then is dropped.
    private static let byteLimit = 65_536

    mutating func append(_ more: [UInt8]) {
        bytes += more
        if bytes.count > Self.byteLimit, !bytes.contains(Self.lineFeed) { bytes = [] }
    }

    /// The next whole line, without its end.
    mutating func next() -> String? {
        guard let end = bytes.firstIndex(of: Self.lineFeed) else { return nil }
        defer { bytes.removeSubrange(...end) }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    private static let lineFeed = UInt8(ascii: "\n")
}
