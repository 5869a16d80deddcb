internal import SnapCodec
internal import SnapModel

/// The words by which the next page of a list is asked for: a place in the list, sealed together with what was asked for,
/// so that a token is good for its own query only, and none can be made up by accident.
enum PageToken {
    /// What a token belongs to: the query without its page.
    struct Seal {
        fileprivate let bytes: [UInt8]
    }

    static func seal(of query: SnapshotQuery) -> Seal {
        seal(["snapshots"] + query.ids.map(\.rawValue), query.ownerIDs, query.restorableByUserIDs, words(query.filters))
    }

    static func seal(of query: VolumeQuery) -> Seal {
        seal(["volumes"] + query.ids.map(\.rawValue), words(query.filters))
    }

    static func seal(of query: TagQuery) -> Seal { seal(["tags"], words(query.filters)) }

    /// Of a list that is only told by its name and what it is filtered by.
    static func seal(of list: String, ids: [String] = [], filters: [ResourceFilter] = []) -> Seal {
        seal([list] + ids, words(filters))
    }

    static func text(of position: SnapshotPosition, _ seal: Seal) -> String {
        text(of: "\(position.startTime.millisecondsSinceEpoch) \(position.recordNumber)", seal)
    }

    static func text(of position: TagPosition, _ seal: Seal) -> String {
        text(of: position.resourceID + " " + position.key, seal)
    }

    /// Throws `invalidPageToken`.
    static func snapshotPosition(_ token: String, _ seal: Seal) throws(EngineError) -> SnapshotPosition {
        let parts = try words(of: token, seal)
        guard let time = Int64(parts.first), let number = Int64(parts.second) else { throw invalid(token) }
        return SnapshotPosition(startTime: Timestamp(millisecondsSinceEpoch: time), recordNumber: number)
    }

    static func tagPosition(_ token: String, _ seal: Seal) throws(EngineError) -> TagPosition {
        let parts = try words(of: token, seal)
        return TagPosition(resourceID: parts.first, key: parts.second)
    }

    /// Of a list in the order of ids: the last id of the page.
    static func text(ofLast id: String, _ seal: Seal) -> String { text(of: id + " ", seal) }

    static func lastID(_ token: String, _ seal: Seal) throws(EngineError) -> String {
        try words(of: token, seal).first
    }

    // MARK: - The text

    /// Hexadecimal digits: the checksum over the seal and the place, then the place.
    private static func text(of place: String, _ seal: Seal) -> String {
        let bytes = Array(place.utf8)
        return Hexadecimal.text(of: checksum(bytes, seal) + bytes)
    }

    private static func words(
        of token: String, _ seal: Seal
    ) throws(EngineError) -> (first: String, second: String) {
        guard let bytes = Hexadecimal.bytes(of: token), bytes.count > checksumByteCount,
            Array(bytes.prefix(checksumByteCount)) == checksum(Array(bytes.dropFirst(checksumByteCount)), seal)
        else { throw invalid(token) }
        // Bytes, not characters: the second word may begin with a mark that would join the space.
        let place = bytes.dropFirst(checksumByteCount)
        guard let space = place.firstIndex(of: UInt8(ascii: " ")) else { throw invalid(token) }
        return (
            String(decoding: place[..<space], as: UTF8.self), String(decoding: place[(space + 1)...], as: UTF8.self)
        )
    }

    private static let checksumByteCount = 4

    private static func checksum(_ place: [UInt8], _ seal: Seal) -> [UInt8] {
        let bytes = seal.bytes + place
        let checksum = Checksum.crc32c(bytes)
        return (0..<checksumByteCount).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) }
    }

    private static func invalid(_ token: String) -> EngineError {
        EngineError(
            .invalidPageToken,
            "The token '\(token.prefix(64))' is not valid: it is of another query, or of none")
    }

    /// Each with its length, so that no two queries have one seal.
    private static func seal(_ lists: [String]...) -> Seal {
        Seal(bytes: lists.flatMap { list in ["\(list.count)"] + list }.flatMap { Array("\($0.utf8.count):\($0)".utf8) })
    }

    private static func words(_ filters: [ResourceFilter]) -> [String] {
        filters.flatMap { [$0.name, "\($0.values.count)"] + $0.values }
    }
}
