/// How far the clocks of a place are from UTC, at any instant: a file of the tz database (tzfile(5), RFC 8536).
///
/// Days, weeks and months of people begin by it. The C library knows but the zone of the process, and has no
/// function from a zone that is named.
package struct TimeZoneRules: Hashable, Sendable {
    /// `Europe/Berlin`, `UTC`.
    package let name: String
    /// When offsets begin, in seconds since 1970 in UTC, ascending.
    private let transitions: [Int64]
    /// What each begins, in seconds east of Greenwich; one more than transitions, the first for the time before them.
    private let offsets: [Int64]
    /// For the time after the last.
    private let rule: TimeZoneRule?

    package static let utc = TimeZoneRules(name: "UTC", transitions: [], offsets: [0], rule: nil)

    private init(name: String, transitions: [Int64], offsets: [Int64], rule: TimeZoneRule?) {
        self.name = name
        self.transitions = transitions
        self.offsets = offsets
        self.rule = rule
    }

    /// Parses a file; nil when it is none, or of version 1, which nobody writes any more.
    package init?(name: String, file: [UInt8]) {
        guard let first = Header(file[...]), first.version >= 2 else { return nil }
        let rest = file.dropFirst(Header.byteCount + first.bodyByteCount(timeByteCount: 4))
        guard let header = Header(rest) else { return nil }
        let body = rest.dropFirst(Header.byteCount)
        let bodyByteCount = header.bodyByteCount(timeByteCount: 8)
        guard body.count >= bodyByteCount, header.typeCount > 0 else { return nil }
        var words = BigEndianWords(body)
        let times = (0..<header.transitionCount).map { _ in words.next(8) }
        let kinds = (0..<header.transitionCount).map { _ in Int(words.next(1) & 0xff) }
        let types = (0..<header.typeCount).map { _ in
            let offset = words.next(4)
            _ = words.next(2)
            return offset
        }
        guard kinds.allSatisfy(types.indices.contains), times == times.sorted() else { return nil }
        let footer = String(decoding: body.dropFirst(bodyByteCount), as: UTF8.self).split(separator: "\n")
        self.init(
            name: name, transitions: times, offsets: [types[0]] + kinds.map { types[$0] },
            rule: footer.first.flatMap { TimeZoneRule(String($0)) })
    }

    /// In seconds east of Greenwich.
    package func offset(at time: Timestamp) -> Int64 {
        offset(atSeconds: time.millisecondsSinceEpoch.flooredQuotient(1_000))
    }

    private func offset(atSeconds seconds: Int64) -> Int64 {
        if let rule, transitions.last.map({ seconds >= $0 }) ?? true { return rule.offset(atSeconds: seconds) }
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle + 1 } else { high = middle }
        }
        return offsets[low]
    }

    /// What the clocks show, as if it were milliseconds since 1970 in UTC.
    package func clock(at time: Timestamp) -> Int64 { time.millisecondsSinceEpoch + offset(at: time) * 1_000 }

    /// When the clocks show that: the earlier instant where they do so twice; where they never do, the instant that comes
    /// by the offset before the clocks were changed.
    package func instant(ofClock clock: Int64) -> Timestamp {
        let dayLength = Timestamp.dayLength
        let around = [clock - dayLength, clock + dayLength].map { offset(at: Timestamp(millisecondsSinceEpoch: $0)) }
        let instants = around.map { Timestamp(millisecondsSinceEpoch: clock - $0 * 1_000) }
        return instants.filter { self.clock(at: $0) == clock }.min() ?? instants[0]
    }

    private struct Header {
        static let byteCount = 44

        var version: UInt8
        /// In the order of the file: UTC and standard indicators, leap seconds, transitions, types, characters.
        var counts: [Int]

        var transitionCount: Int { counts[3] }
        var typeCount: Int { counts[4] }

        init?(_ bytes: ArraySlice<UInt8>) {
            guard bytes.count >= Self.byteCount, bytes.starts(with: "TZif".utf8) else { return nil }
            let digit = bytes[bytes.startIndex + 4]
            version = digit >= UInt8(ascii: "0") ? digit - UInt8(ascii: "0") : 1
            var words = BigEndianWords(bytes.dropFirst(20))
            counts = (0..<6).map { _ in Int(words.next(4)) }
            guard counts.allSatisfy({ (0..<1 << 20).contains($0) }) else { return nil }
        }

        func bodyByteCount(timeByteCount: Int) -> Int {
            transitionCount * (timeByteCount + 1) + typeCount * 6 + counts[5] + counts[2] * (timeByteCount + 4)
                + counts[1] + counts[0]
        }
    }
}

/// Signed big-endian numbers, one after the other. Past the end: zeros.
private struct BigEndianWords {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next(_ byteCount: Int) -> Int64 {
        var word: UInt64 = 0
        for _ in 0..<byteCount { word = word << 8 | UInt64(rest.popFirst() ?? 0) }
        let unused = UInt64(64 - byteCount * 8)
        return Int64(bitPattern: word << unused) >> Int64(unused)
    }
}
