import SnapSystem
import SnapTestSupport
import SystemPackage

/// What `live` is tried on in the virtual machine.
enum LiveScene: String, CaseIterable, Sendable {
    /// A disk of the machine.
    case virtio
    /// One that merges discards.
    case nvme
    case logicalVolume
    case encrypted
    /// A piece of an encrypted partition, and one of another disk.
    case stacked

    static let byteCount = 20 << 20

    /// Lends such a device, which is taken down when `body` ends, however it does.
    func with<Result>(in directory: ScratchDirectory, _ body: (FilePath) throws -> Result) throws -> Result {
        switch self {
        case .virtio: return try body(try Self.disk("SNAPCTL_TEST_VIRTIO"))
        case .nvme: return try body(try Self.disk("SNAPCTL_TEST_NVME"))
        case .logicalVolume:
            return try VolumeGroup.with(in: directory, byteCount: 64 << 20) { group in
                try body(try group.thick("volume", byteCount: Self.byteCount))
            }
        case .encrypted:
            let image = try directory.sparseFile("encrypted", byteCount: 2 * Self.byteCount)
            return try LoopDevice.with(over: image) { try Self.withEncrypted($0.path, Self.byteCount, body) }
        case .stacked:
            let image = try directory.sparseFile("stacked", byteCount: 2 * Self.byteCount)
            try Command.check("sfdisk", "-q", image.string, input: "label: gpt\nstart=4097, size=32768\n")
            return try LoopDevice.with(over: image, LoopDevice.Options(hasPartitions: true)) { loop in
                try Self.withEncrypted(loop.partition(1), 8 << 20) { encrypted in
                    let disk = try Self.disk("SNAPCTL_TEST_VIRTIO")
                    let sectorCount = Self.byteCount >> 9
                    let table = "0 16001 linear \(encrypted) 7\n16001 \(sectorCount - 16_001) linear \(disk) 1025"
                    return try Self.withMapped("stacked", table, body)
                }
            }
        }
    }

    /// A disk that scripts/vm-test made for the tests: where it is, an environment variable says.
    static func disk(_ variable: String) throws -> FilePath {
        guard let path = Environment.value(variable) else {
            throw Command.Failure(description: "\(variable) is not set")
        }
        guard Waiting.until({ File.exists(FilePath(path)) }) else {
            throw Command.Failure(description: "\(path) is not there")
        }
        return FilePath(path)
    }

    /// As cryptsetup makes it, without a header.
    private static func withEncrypted<Result>(
        _ device: FilePath, _ byteCount: Int, _ body: (FilePath) throws -> Result
    ) throws -> Result {
        let key = String(repeating: "5a", count: 32)
        let table = "0 \(byteCount >> 9) crypt aes-xts-plain64 \(key) 0 \(device) 4099 1 allow_discards"
        return try withMapped("encrypted", table, body)
    }

    static func withMapped<Result>(_ name: String, _ table: String, _ body: (FilePath) throws -> Result) throws
        -> Result
    {
        let path = FilePath("/dev/mapper/snapctl-\(name)")
        try Command.check("dmsetup", "create", "snapctl-\(name)", input: table + "\n")
        defer { _ = try? Command.run(["dmsetup", "remove", "--retry", "snapctl-\(name)"]) }
        return try body(path)
    }
}
