internal import SnapModel
internal import SnapSystem

extension MapperTable.Target {
    /// What the bytes of a target are on another device.
    enum Mapping: Hashable, Sendable {
        /// The same, one after the other and each in its own sector, from `byte` of `device` on; though perhaps in cipher.
        case inPlace(device: DeviceNumber, byte: Int)
        /// Why nobody can tell: the rest of a sentence, which begins with the device.
        case elsewhere(String)
    }

    /// As the documents of the targets tell (Documentation/admin-guide/device-mapper).
    var mapping: Mapping {
        switch type {
        case "linear": Self.inPlace(words, deviceIndex: 0) ?? .elsewhere("has a table that is not as it is known")
        case "crypt": crypt
        default:
            .elsewhere(Self.reasons[type] ?? "is made by device-mapper's \(type), which is not known to write in place")
        }
    }

    /// `<cipher> <key> <iv offset> <device> <start> [<number of options> <option> …]`
    private var crypt: Mapping {
        guard let mapping = Self.inPlace(words, deviceIndex: 3) else {
            return .elsewhere("has a table that is not as it is known")
        }
        for option in words.dropFirst(6) {
            if option.hasPrefix("integrity:") {
                return .elsewhere("is encrypted with integrity, which writes elsewhere, too")
            }
            let name = option.prefix { $0 != ":" }
            if !Self.harmlessOptions.contains(String(name)) {
                return .elsewhere("is encrypted with an option that is not known here (\(name))")
            }
        }
        return mapping
    }

    /// `<device> <start>`, from `deviceIndex` on.
    private static func inPlace(_ words: [String], deviceIndex: Int) -> Mapping? {
        guard words.count > deviceIndex + 1, let device = DeviceNumber(words[deviceIndex]),
            let sector = Int(words[deviceIndex + 1]), sector >= 0, sector <= MapperTable.sectorLimit
        else { return nil }
        return .inPlace(device: device, byte: sector * smallestSectorByteCount)
    }

    /// They tell how, and in which order, a sector is encrypted, never where it is written.
    private static let harmlessOptions: Set<String> = [
        "allow_discards", "same_cpu_crypt", "high_priority", "submit_from_crypt_cpus", "no_read_workqueue",
        "no_write_workqueue", "sector_size", "iv_large_sectors",
    ]

    private static let reasons: [String: String] = {
        let stripes = "is striped: its blocks are by turns on several disks"
        let copies = "is on several disks at once (mirror, RAID)"
        let pool = "takes its room from a pool, so that its blocks have no fixed place"
        let later = "is cached: what is written to it comes to its disk later"
        let snapshot = "has snapshots, or is one: its blocks have no fixed place"
        let checked = "is written together with checksums or a journal, not in place"
        return [
            "striped": stripes, "mirror": copies, "raid": copies, "thin": pool, "thin-pool": pool, "cache": later,
            "writecache": later, "pcache": later, "era": "is watched by device-mapper's era, which is not known here",
            "snapshot": snapshot, "snapshot-origin": snapshot, "snapshot-merge": snapshot,
            "clone": "is being copied from another device", "integrity": checked, "verity": checked, "zoned": checked,
            "multipath": "is reached by several paths, whose disks are the same", "vdo": pool,
            "zero": "has no bytes", "error": "has no bytes",
        ]
    }()
}
