internal import SnapSystem
package import SystemPackage

/// A logical volume that is made for a restore, and removed again when that fails.
package struct NewLogicalVolume: Sendable {
    package let group: String
    package let name: String
    /// Its node.
    package let path: FilePath
    package let byteCount: Int
    private let uuid: String

    /// Makes one of at least `byteCount` bytes (LVM rounds up to extents), of the group's default kind.
    ///
    /// Throws `notPossible` for names that LVM does not know, `noReserve` where the group has no room, `toolFailed` where a
    /// volume has that name, `permissionDenied`.
    package static func make(
        _ name: String, in group: String, byteCount: Int
    ) throws(ConsistencyError) -> NewLogicalVolume {
        for word in [group, name] where !isName(word) {
            throw ConsistencyError(.notPossible, "'\(word)' is no name of a volume group or logical volume")
        }
        try LVMProgram.lvcreate.run(arguments(name, in: group, byteCount: byteCount))
        guard let made = try LogicalVolume.all(in: group).first(where: { $0.name == name }) else {
            throw ConsistencyError(.toolFailed, "lvcreate made \(group)/\(name), but lvs does not show it")
        }
        return NewLogicalVolume(
            group: group, name: name, path: made.mapperPath, byteCount: made.byteCount, uuid: made.uuid)
    }

    /// What is recognised in the room that it gets is wiped without asking: it was nobody's.
    static func arguments(_ name: String, in group: String, byteCount: Int) -> [String] {
        ["--yes", "--wipesignatures", "y", "--size", "\(byteCount)b", "--name", name, group]
    }

    /// lvm(8), "Valid names".
    static func isName(_ word: String) -> Bool {
        let isAllowed = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isAllowed && !word.isEmpty && word.utf8.count <= nameByteLimit && !word.hasPrefix("-")
            && word != "." && word != ".."
    }

    private static let nameByteLimit = 127

    /// Removes it, if it is still the one that was made.
    package func remove() throws(ConsistencyError) {
        guard let there = try LogicalVolume.all(in: group).first(where: { $0.name == name }), there.uuid == uuid else {
            return
        }
        try LVMProgram.lvremove.run(["--force", "--yes", there.fullName])
    }
}
