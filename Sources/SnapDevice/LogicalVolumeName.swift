/// The name of a logical volume of LVM, within its volume group.
package struct LogicalVolumeName: Hashable, Sendable, CustomStringConvertible {
    package var group: String
    package var volume: String

    package init(group: String, volume: String) {
        self.group = group
        self.volume = volume
    }

    /// As LVM's programs take it: `vg/home`.
    package var description: String { "\(group)/\(volume)" }

    /// The logical volume that `facts` is; nil for all else, and for the parts that LVM makes others of.
    package static func of(_ facts: VolumeFacts) -> LogicalVolumeName? {
        guard let node = facts.device.flatMap({ DeviceTree().node($0) }) else { return nil }
        return LogicalVolumeName(
            deviceName: node.attribute("dm/name") ?? "", deviceUUID: node.attribute("dm/uuid") ?? "")
    }

    /// From device-mapper's name and UUID: `vg-home`, with each hyphen of either name doubled, and `LVM-`, the UUIDs of
    /// group and volume, and `-` with a word for parts that are no volumes of their own.
    init?(deviceName: String, deviceUUID: String) {
        guard deviceUUID.hasPrefix("LVM-"), !deviceUUID.dropFirst(4).contains("-") else { return nil }
        // What no name of LVM holds stands for the doubled hyphen meanwhile.
        let parts = deviceName.replacing("--", with: "/").split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts.contains("") else { return nil }
        let names = parts.map { String($0).replacing("/", with: "-") }
        self.init(group: names[0], volume: names[1])
    }
}
