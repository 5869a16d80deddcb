internal import SnapSystem
internal import SystemPackage

/// A logical volume as lvs(8) tells of it, at one moment.
struct LogicalVolume: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// Linear, striped, mirrored, RAID, cached: all its room is its own.
        case thick
        /// A snapshot with a reserve of its own.
        case thickSnapshot
        /// Takes its room from a pool when it is written.
        case thin
        case thinPool
        /// Part of another volume, or of a kind that has no snapshots; by LVM's word for it.
        case other(String)
    }

    var group: String
    /// Without the brackets that lvs puts around what is part of another volume.
    var name: String
    var uuid: String
    var kind: Kind
    /// Of a thick snapshot: of its reserve.
    var byteCount: Int
    /// Of a thin volume.
    var poolName: String?
    /// How much of a pool, or of a thick snapshot's reserve, is used: 0…1.
    var usedFraction: Double?
    /// Of a pool's metadata: 0…1.
    var usedMetadataFraction: Double?
    /// The volume that it is a snapshot of.
    var origin: String?
    var tags: Set<String>
    var isActive: Bool
    /// Mounted, or otherwise in use.
    var isOpen: Bool
    /// It is being merged into its origin, or converted.
    var isBusy: Bool
    /// A thick snapshot that lost its bytes, since its reserve overflowed.
    var isInvalid: Bool
    var groupFreeByteCount: Int
    var extentByteCount: Int
    /// While it is active.
    var device: DeviceNumber?
    var mapperPath: FilePath

    /// As LVM's programs take it: `vg/home`.
    var fullName: String { "\(group)/\(name)" }

    /// Whether it is a snapshot whose origin is still there.
    var isSnapshot: Bool { origin != nil && (kind == .thin || kind == .thickSnapshot) }

    /// As device-mapper names it.
    var mapperName: String { mapperPath.lastComponent?.string ?? name }
}
