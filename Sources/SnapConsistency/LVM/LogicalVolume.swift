package import SnapSystem
package import SystemPackage

/// A logical volume as lvs(8) tells of it, at one moment.
package struct LogicalVolume: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
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

    package var group: String
    /// Without the brackets that lvs puts around what is part of another volume.
    package var name: String
    package var uuid: String
    package var kind: Kind
    /// Of a thick snapshot: of its reserve.
    package var byteCount: Int
    /// Of a thin volume.
    package var poolName: String?
    /// How much of a pool, or of a thick snapshot's reserve, is used: 0…1.
    package var usedFraction: Double?
    /// Of a pool's metadata: 0…1.
    package var usedMetadataFraction: Double?
    /// The volume that it is a snapshot of.
    package var origin: String?
    package var tags: Set<String>
    package var isActive: Bool
    /// Mounted, or otherwise in use.
    package var isOpen: Bool
    /// It is being merged into its origin, or converted.
    package var isBusy: Bool
    /// A thick snapshot that lost its bytes, since its reserve overflowed.
    package var isInvalid: Bool
    package var groupFreeByteCount: Int
    package var extentByteCount: Int
    /// While it is active.
    package var device: DeviceNumber?
    package var mapperPath: FilePath

    /// As LVM's programs take it: `vg/home`.
    package var fullName: String { "\(group)/\(name)" }

    /// Whether it is a snapshot whose origin is still there.
    package var isSnapshot: Bool { origin != nil && (kind == .thin || kind == .thickSnapshot) }

    /// As device-mapper names it.
    var mapperName: String { mapperPath.lastComponent?.string ?? name }
}
