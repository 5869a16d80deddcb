internal import SnapSystem
internal import SystemPackage

/// A line of /proc/self/mountinfo (proc_pid_mountinfo(5)).
struct Mount: Hashable, Sendable {
    var id: UInt64
    /// What stat(2) tells of files in it; of a made-up major 0 where the filesystem is on no device or on several.
    var device: DeviceNumber
    var mountPoint: String
    var filesystemType: String
    /// The device, as whoever mounted it named it, or a word.
    var source: String
    /// Options of the filesystem, such as `upperdir=…` of an overlay.
    var options: [String]
}

/// What this process sees mounted.
struct MountTable: Sendable {
    let mounts: [Mount]

    /// Lines that are malformed are skipped: a newer kernel may add what we do not know.
    init(parsing text: String) { mounts = text.split(separator: "\n").compactMap(Self.parse) }

    static func current() -> MountTable {
        MountTable(parsing: (try? File.readText("/proc/self/mountinfo", upTo: tableByteLimit)) ?? "")
    }

    /// The mount that holds `path`, which is absolute and resolved: the longest mount point above it, the last of equals,
    /// since it covers the others.
    func mount(holding path: FilePath) -> Mount? {
        var best: (mount: Mount, length: Int)?
        for mount in mounts {
            let point = FilePath(mount.mountPoint)
            guard path.starts(with: point) else { continue }
            let length = point.components.count
            if length >= best?.length ?? 0 { best = (mount, length) }
        }
        return best?.mount
    }

    /// The mount that the resolved `path` really leads into, by the kernel's own number; older kernels leave the names.
    func mount(reaching path: FilePath) -> Mount? {
        // The path may be that of the open catalogue, whose locks a descriptor of another kind would end.
        if let file = try? OwnedDescriptor(opening: path, .readOnly, options: .pathOnly),
            let id = try? file.extendedStatus().mountID, let mount = mounts.first(where: { $0.id == id })
        {
            return mount
        }
        return mount(holding: path)
    }

    private static func parse(_ line: Substring) -> Mount? {
        let fields = line.split(separator: " ")
        // id, parent, device, root, mount point, options, any number of tags, "-", type, source, options.
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count >= dash + 3 else { return nil }
        guard let id = UInt64(fields[0]), let device = DeviceNumber(fields[2]) else { return nil }
        return Mount(
            id: id, device: device, mountPoint: unescapeOctal(fields[4]), filesystemType: String(fields[dash + 1]),
            source: unescapeOctal(fields[dash + 2]),
            options: fields.count > dash + 3 ? fields[dash + 3].split(separator: ",").map { unescapeOctal($0) } : [])
    }
}

/// A line of /proc/swaps.
struct SwapArea: Hashable, Sendable {
    var path: String
    var isFile: Bool

    static func parse(_ text: String) -> [SwapArea] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard fields.count >= 2 else { return nil }
            return SwapArea(path: unescapeOctal(fields[0]), isFile: fields[1] == "file")
        }
    }

    static func current() -> [SwapArea] { parse((try? File.readText("/proc/swaps", upTo: tableByteLimit)) ?? "") }
}

/// `\040` for a space, and so on: how the kernel writes what would break a line into the wrong fields.
func unescapeOctal(_ text: some StringProtocol) -> String {
    var (bytes, result) = (Array(text.utf8)[...], [UInt8]())
    while let byte = bytes.popFirst() {
        let digits = bytes.prefix(3)
        if byte == UInt8(ascii: "\\"), digits.count == 3,
            let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
        {
            result.append(code)
            bytes = bytes.dropFirst(3)
        } else {
            result.append(byte)
        }
    }
    return String(decoding: result, as: UTF8.self)
}

/// More than any table of mounts seen: tens of thousands of containers.
private let tableByteLimit = 64 << 20
