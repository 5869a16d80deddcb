internal import FoundationEssentials

/// What outlives the process that took a point in time, so that another can go on with it or clear it away.
package enum PointInTimeLease: Hashable, Sendable, Codable {
    /// A clone of an image file. `offset`, `byteCount`: the bytes of it that are the volume. `contentsChanged`: when it was
    /// taken, in nanoseconds since the epoch, by its filesystem; nil while that is to come.
    case clone(path: String, inode: UInt64, offset: Int, byteCount: Int, contentsChanged: Int64? = nil)
    /// A temporary snapshot of a logical volume.
    case logicalVolume(group: String, name: String, uuid: String, isThin: Bool)

    /// Parses `text`.
    package init?(_ text: String) {
        guard let lease = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else { return nil }
        self = lease
    }

    /// JSON, for the catalogue.
    package var text: String {
        guard let bytes = try? JSONEncoder().encode(self) else { preconditionFailure("\(self) has no JSON") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Several, as JSON.
    package static func text(of leases: [PointInTimeLease]) -> String {
        "[" + leases.map(\.text).joined(separator: ",") + "]"
    }

    /// Parses `text(of:)`; none where it is malformed.
    package static func several(_ text: String) -> [PointInTimeLease] {
        (try? JSONDecoder().decode([Self].self, from: Data(text.utf8))) ?? []
    }

    /// "the clone /images/.disk.img.snapctl-…"
    package var words: String {
        switch self {
        case .clone(let path, _, _, _, _): "the clone \(path)"
        case .logicalVolume(let group, let name, _, _): "the LVM snapshot \(group)/\(name)"
        }
    }

    /// Whether it is still there; true also where that cannot be told now, such as without permission.
    package var isThere: Bool {
        switch self {
        case .clone: CloneMethod.isThere(self)
        case .logicalVolume: LogicalVolumeMethods.isThere(self)
        }
    }

    /// Goes on with it, in this process.
    package func reopen() throws(ConsistencyError) -> any PointInTime {
        switch self {
        case .clone: try CloneMethod.reopen(self)
        case .logicalVolume: try LogicalVolumeMethods.reopen(self)
        }
    }

    /// Removes it, if it is there and ours.
    package func clear() throws(ConsistencyError) {
        switch self {
        case .clone: try CloneMethod.clear(self)
        case .logicalVolume: try LogicalVolumeMethods.clear(self)
        }
    }
}
