internal import SnapDevice
internal import SystemPackage

/// What would make a method possible, as imperatives.
enum Remedy {
    static let moveToLVM = "move it to LVM"
    static let moveToReflinks = "move its image file to a filesystem with reflinks (XFS, btrfs)"

    /// What those who use the volume would have to do for it to be at rest: the first thing.
    static func ending(_ inspection: VolumeInspection) -> String {
        let users = inspection.users
        if !users.filesystems.isEmpty { return "unmount it" }
        if let swap = users.swaps.first { return "swapoff \(swap)" }
        if !users.writers.isEmpty { return "end the program that has it open" }
        if !users.hiddenClaims.isEmpty { return "unmount it where it is mounted" }
        if let holder = users.holders.first { return "take \(holder) down" }
        return "detach \(users.loops.map(\.string).joined(separator: ", ")) (losetup -d)"
    }
}
