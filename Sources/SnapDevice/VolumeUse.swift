/// Something that uses a volume, so that it is not at rest. Devices are named as the kernel names them.
package enum VolumeUse: Hashable, Sendable {
    case mounted(device: String, at: String)
    case swap(device: String)
    /// By a device that is made of it: LVM, dm-crypt, MD.
    case held(device: String, by: String)
    /// A loop device shows the file.
    case loop(device: String)

    /// How a sentence about the volume `name` goes on after "it is in use: ".
    func phrase(on name: String?) -> String {
        switch self {
        case .mounted(let device, let place): Self.prefix(device, name) + "mounted at \(place)"
        case .swap(let device): Self.prefix(device, name) + "active as swap"
        case .held(let device, let holder): Self.prefix(device, name) + "held by \(holder)"
        case .loop(let device): "loop device \(device) is over it"
        }
    }

    /// All of `uses`, as far as a line holds them.
    static func phrase(_ uses: [VolumeUse], on name: String?) -> String {
        let shown = uses.prefix(shownCount).map { $0.phrase(on: name) }.joined(separator: ", ")
        return uses.count > shownCount ? "\(shown) and \(uses.count - shownCount) more" : shown
    }

    private static func prefix(_ device: String, _ name: String?) -> String { device == name ? "" : "\(device) is " }
}

/// A message names this many uses.
private let shownCount = 4
