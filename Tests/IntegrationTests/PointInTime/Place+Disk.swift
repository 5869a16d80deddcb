import SnapSystem
import SnapTestSupport
import SystemPackage

extension Place {
    /// What the disk is like that a filesystem lies on.
    struct Disk: Hashable, Sendable {
        var sectorByteCount = 512
        var isOnPartition = false
    }

    /// A filesystem on a small disk, mounted so that what is deleted is discarded.
    static func with<Result>(
        _ kind: MountedFilesystem.Kind, on disk: Disk, in directory: ScratchDirectory, _ body: (Place) throws -> Result
    ) throws -> Result {
        let byteCount = kind == .xfs ? 352 << 20 : 160 << 20
        let image = try directory.sparseFile("disk", byteCount: byteCount)
        let options = LoopDevice.Options(sectorByteCount: disk.sectorByteCount, hasPartitions: disk.isOnPartition)
        if disk.isOnPartition { try partition(image, disk.sectorByteCount, byteCount) }
        return try LoopDevice.with(over: image, options) { loop in
            let device = disk.isOnPartition ? loop.partition(1) : loop.path
            try MountedFilesystem.make(kind, on: device)
            return try MountedFilesystem.with(device, at: try directory.folder("at-disk"), options: ["discard"]) {
                try body(Place(device: device, image: image, mountPoint: $0.path))
            }
        }
    }

    /// One that begins and ends where no block of ours does. Such a table counts in sectors of the disk.
    private static func partition(_ image: FilePath, _ sectorByteCount: Int, _ byteCount: Int) throws {
        let options = LoopDevice.Options(sectorByteCount: sectorByteCount)
        try LoopDevice.with(over: image, options) { loop in
            let count = byteCount / sectorByteCount
            let start = sectorByteCount == 512 ? 4_097 : 513
            let table = "label: gpt\nstart=\(start), size=\(count - start - (1 << 20) / sectorByteCount)\n"
            try Command.check("sfdisk", "-q", "--no-reread", loop.path.string, input: table)
        }
    }

    /// What the kernel has counted so far (Documentation/block/stat.rst): sectors of 512 bytes.
    func writtenSectorCount() throws -> Int { try count(6) }

    func readSectorCount() throws -> Int { try count(2) }

    private func count(_ field: Int) throws -> Int {
        let name = device.lastComponent?.string ?? ""
        let fields = try File.readText(FilePath("/sys/class/block/\(name)/stat")).split(separator: " ")
        guard fields.count > field, let count = Int(fields[field]) else {
            throw Command.Failure(description: "\(device) tells nothing of what is done to it")
        }
        return count
    }
}
