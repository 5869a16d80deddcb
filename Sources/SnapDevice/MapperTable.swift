internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// How device-mapper makes a device out of others, at one moment: its table (dmsetup(8) `table`).
struct MapperTable: Hashable, Sendable {
    /// A piece of the device, and what is made of it.
    struct Target: Hashable, Sendable {
        /// Of the device.
        var extent: ByteExtent
        /// `linear`, `crypt` …
        var type: String
        /// What the target was told. Of `crypt` without the key.
        var words: [String]
    }

    /// In the order of the device.
    var targets: [Target]

    /// The table that `device` has now. Needs root.
    static func read(_ device: DeviceNumber) throws(SystemError) -> MapperTable {
        let control = try OwnedDescriptor(opening: controlPath, .readWrite)
        var byteCount = firstByteCount
        while byteCount <= mostByteCount {
            let buffer = try AlignedBuffer(byteCount: byteCount)
            defer { buffer.wipe() }
            if let place = try control.readMapperTable(of: device, into: buffer) {
                guard let table = MapperTable(buffer, place.start, targetCount: place.targetCount) else { break }
                return table
            }
            byteCount *= growth
        }
        throw SystemError("read the table of \(device) at", controlPath.string, .badMessage)
    }

    /// Parses `targetCount` structures dm_target_spec (<linux/dm-ioctl.h>), which begin at `start`, each with its words after
    /// it. nil where they are not whole.
    init?(_ buffer: borrowing AlignedBuffer, _ start: Int, targetCount: Int) {
        guard start >= 0, start <= buffer.byteCount, targetCount >= 0 else { return nil }
        let parsed = buffer.withBytes(start..<buffer.byteCount) { bytes -> [Target]? in
            var (targets, offset): ([Target], Int) = ([], 0)
            for _ in 0..<targetCount {
                guard let (target, next) = Self.target(in: bytes, at: offset) else { return nil }
                targets.append(target)
                // From the first of them on.
                offset = next
            }
            return targets
        }
        guard let parsed else { return nil }
        targets = parsed
    }

    init(_ targets: [Target]) { self.targets = targets }

    // MARK: - Parsing

    private static func target(in bytes: RawSpan, at offset: Int) -> (Target, next: Int)? {
        guard offset >= 0, offset <= bytes.byteCount - Place.words else { return nil }
        guard let first = sectors(in: bytes, at: offset + Place.start),
            let count = sectors(in: bytes, at: offset + Place.length),
            let type = word(in: bytes, offset + Place.type..<offset + Place.words)
        else { return nil }
        let next = bytes.unsafeLoadUnaligned(fromByteOffset: offset + Place.next, as: UInt32.self)
        let end = (offset + Place.words..<bytes.byteCount).first { byte(bytes, $0) == 0 }
        guard let end else { return nil }
        let words = words(in: bytes, offset + Place.words..<end, leavingOut: type == "crypt" ? keyIndex : nil)
        let target = Target(extent: ByteExtent(offset: first, byteCount: count), type: type, words: words)
        return (target, Int(next))
    }

    /// A number of sectors, in bytes.
    private static func sectors(in bytes: RawSpan, at offset: Int) -> Int? {
        let count = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return count <= UInt64(sectorLimit) ? Int(count) * smallestSectorByteCount : nil
    }

    private static func word(in bytes: RawSpan, _ range: Range<Int>) -> String? {
        guard let end = range.first(where: { byte(bytes, $0) == 0 }), end > range.lowerBound else { return nil }
        return text(bytes, range.lowerBound..<end)
    }

    /// What is left out is never in a string: nobody wipes those.
    private static func words(in bytes: RawSpan, _ range: Range<Int>, leavingOut left: Int?) -> [String] {
        var (words, start): ([String], Int) = ([], range.lowerBound)
        for offset in range.lowerBound...range.upperBound {
            guard offset == range.upperBound || byte(bytes, offset) == UInt8(ascii: " ") else { continue }
            if offset > start { words.append(words.count == left ? "-" : text(bytes, start..<offset)) }
            start = offset + 1
        }
        return words
    }

    private static func text(_ bytes: RawSpan, _ range: Range<Int>) -> String {
        String(decoding: range.map { byte(bytes, $0) }, as: UTF8.self)
    }

    private static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Where the fields of dm_target_spec are.
    private enum Place { static let (start, length, next, type, words) = (0, 8, 20, 24, 40) }

    /// Of the words of `crypt`.
    private static let keyIndex = 1
    private static let controlPath: FilePath = "/dev/mapper/control"
    private static let (firstByteCount, growth, mostByteCount) = (64 << 10, 8, 32 << 20)
    /// Any two such numbers are an Int together, in bytes.
    static let sectorLimit = Int.max / smallestSectorByteCount / 4
}
