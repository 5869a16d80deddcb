package import SnapDevice
package import SnapModel
package import SystemPackage

/// What a volume is made of, who uses it, and what its bytes could be cloned by: all that the choice of a method needs.
/// True for the moment in which it was looked at.
package struct VolumeInspection: Hashable, Sendable {
    package let facts: VolumeFacts
    /// From the volume down to the disks.
    package let stack: VolumeLayer
    /// From the volume up.
    package var users: VolumeUsers
    /// nil: the volume is neither an image file, nor a loop device over one, nor a partition of such.
    package let image: ImageFile?
    /// nil where `image` is.
    package let reflink: Reflink?
    package let logicalVolume: LogicalVolumeName?
    /// Whether `/` of the running system lies on it.
    package var carriesRoot: Bool

    /// Looks. Nothing is changed for longer than a moment: devices that seem idle are claimed (O_EXCL) and given back, and
    /// beside an image file (or in `cloneDirectory`) a nameless file is made, to see whether it can be cloned into.
    package static func inspect(
        _ facts: VolumeFacts, cloneDirectory: FilePath? = nil
    ) throws(ConsistencyError) -> VolumeInspection {
        let users = VolumeUsers.find(of: facts)
        let image = ImageFile.of(facts)
        return VolumeInspection(
            facts: facts, stack: VolumeStack.layers(of: facts), users: users, image: image,
            reflink: image.map { Reflink.find(of: $0, users, in: cloneDirectory) },
            logicalVolume: LogicalVolumeName.of(facts), carriesRoot: VolumeStack.carries(facts, "/"))
    }

    /// What is to be frozen, in this order, for all filesystems of the volume to be at rest.
    package var freezeTargets: [FreezeTarget] {
        users.filesystems.compactMap { filesystem in
            filesystem.freezePoint.map { FreezeTarget(mountPoint: $0, filesystemType: filesystem.type) }
        }
    }

    /// Whether nothing but freezing is needed for the filesystems to be at rest.
    package var isQuietable: Bool { users.unquieted.isEmpty }

    /// Who uses it, as far as a line holds them; empty: nobody.
    package var usersInWords: String {
        let loops = facts.kind == .regularFile ? users.loops.map { "loop device \($0) is over it" } : []
        let all = users.all + loops
        let more = all.count > Self.shownCount ? " and \(all.count - Self.shownCount) more" : ""
        return all.prefix(Self.shownCount).joined(separator: ", ") + more
    }

    /// A message names this many users.
    private static let shownCount = 3
}
