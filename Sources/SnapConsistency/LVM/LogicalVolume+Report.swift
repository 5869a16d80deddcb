internal import FoundationEssentials
internal import SnapDevice
internal import SnapSystem
internal import SystemPackage

extension LogicalVolume {
    /// All logical volumes of a group, or of all groups; those of `lvs -a`, so that pools and parts are there too.
    static func all(in group: String? = nil) throws(ConsistencyError) -> [LogicalVolume] {
        let options = [
            "-a", "--reportformat", "json", "--units", "b", "--nosuffix", "-o", fields.joined(separator: ","),
        ]
        return try parse(try LVMProgram.lvs.run(options + [group].compactMap { $0 }))
    }

    /// Throws `toolFailed` where it is not what lvs says.
    static func parse(_ text: String) throws(ConsistencyError) -> [LogicalVolume] {
        do {
            let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
            return report.report.flatMap(\.lv).map(LogicalVolume.init)
        } catch {
            throw ConsistencyError(.toolFailed, "lvs answered something that is no report: \(text.prefix(80))")
        }
    }

    private static let fields = [
        "vg_name", "lv_name", "lv_uuid", "segtype", "lv_attr", "lv_size", "lv_role", "pool_lv", "data_percent",
        "metadata_percent", "origin", "lv_tags", "vg_free", "vg_extent_size", "lv_kernel_major", "lv_kernel_minor",
        "lv_dm_path",
    ]

    private struct Report: Decodable {
        struct Part: Decodable { var lv: [Row] }

        var report: [Part]
    }

    /// Every value is a string; where there is nothing to tell, an empty one.
    fileprivate struct Row: Decodable {
        var vg_name, lv_name, lv_uuid, segtype, lv_attr, lv_size, lv_role, pool_lv, data_percent,
            metadata_percent: String
        var origin, lv_tags, vg_free, vg_extent_size, lv_kernel_major, lv_kernel_minor, lv_dm_path: String
    }

    private init(_ row: Row) {
        let attributes = Attributes(row.lv_attr)
        group = row.vg_name
        name = row.lv_name.filter { $0 != "[" && $0 != "]" }
        uuid = row.lv_uuid
        kind = Self.kind(row)
        byteCount = Int(row.lv_size) ?? 0
        poolName = row.pool_lv.isEmpty ? nil : row.pool_lv
        usedFraction = Double(row.data_percent).map { $0 / 100 }
        usedMetadataFraction = Double(row.metadata_percent).map { $0 / 100 }
        origin = row.origin.isEmpty ? nil : row.origin
        tags = Set(row.lv_tags.split(separator: ",").map(String.init))
        isActive = attributes.isActive
        isOpen = attributes.isOpen
        isBusy = attributes.isBusy
        isInvalid = attributes.isInvalid
        groupFreeByteCount = Int(row.vg_free) ?? 0
        extentByteCount = max(1, Int(row.vg_extent_size) ?? 1)
        device = DeviceNumber("\(row.lv_kernel_major):\(row.lv_kernel_minor)")
        mapperPath = FilePath(row.lv_dm_path)
    }

    private static func kind(_ row: Row) -> Kind {
        let roles = Set(row.lv_role.split(separator: ","))
        if row.segtype == "thin-pool" { return .thinPool }
        if roles.contains("private") || row.lv_name.hasPrefix("[") { return .other(row.lv_role) }
        if roles.contains("thicksnapshot") { return .thickSnapshot }
        if row.segtype == "thin" { return .thin }
        let hasOwnRoom = ["linear", "striped", "mirror", "cache", "writecache"].contains(row.segtype)
        return hasOwnRoom || row.segtype.hasPrefix("raid") ? .thick : .other(row.segtype)
    }
}

/// The letters of `lv_attr` (lvs(8), NOTES).
private struct Attributes {
    private let letters: [Character]

    init(_ text: String) { letters = Array(text) }

    private func letter(_ index: Int) -> Character { index < letters.count ? letters[index] : "-" }

    /// Letter 5 is the state: a, s (suspended), I (invalid snapshot), S (invalid and suspended) …
    var isActive: Bool { "asISmMXc".contains(letter(4)) }
    var isOpen: Bool { letter(5) == "o" }
    /// Letter 1: S is a snapshot that is being merged, O an origin of one, p and v are being moved or converted.
    var isBusy: Bool { "SOpcv".contains(letter(0)) }
    var isInvalid: Bool { "IS".contains(letter(4)) }
}
