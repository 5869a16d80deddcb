/// Who uses a volume on this machine at a moment: what EBS calls an attachment.
package struct VolumeAttachment: Hashable, Sendable {
    /// Its node, or the image file.
    package var device: String
    /// Where filesystems that lie on it are mounted.
    package var mountPoints: [String]

    package init(device: String, mountPoints: [String]) {
        self.device = device
        self.mountPoints = mountPoints
    }
}

/// What was found of a volume when it was looked for.
package struct VolumeSighting: Hashable, Sendable {
    /// Whether the volume is where it was last seen.
    package var isThere: Bool
    /// nil when nobody uses it, or it is not there.
    package var attachment: VolumeAttachment?

    package init(isThere: Bool, attachment: VolumeAttachment? = nil) {
        self.isThere = isThere
        self.attachment = attachment
    }

    package var state: VolumeState { attachment == nil ? .available : .inUse }
}

/// The states of an EBS volume that this program reaches. EBS has none for a volume that is not there.
package enum VolumeState: String, Sendable, Codable, CaseIterable {
    /// Nobody uses it.
    case available
    /// Mounted, held, swapped to, or shown by a loop device.
    case inUse = "in-use"
}
