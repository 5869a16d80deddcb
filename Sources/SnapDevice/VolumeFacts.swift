package import SnapModel
package import SnapSystem
package import SystemPackage

/// What a path is, as a volume, at one moment. Looking changes nothing and needs no permission to read the volume itself,
/// though its identity may then be weaker.
package struct VolumeFacts: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case blockDevice, regularFile }

    /// A partition's place on its disk.
    package struct Partition: Hashable, Sendable {
        package let disk: DeviceNumber
        package let diskPath: FilePath
        package let startByte: Int
    }

    /// As the user named it.
    package let requestedPath: FilePath
    /// Absolute, without symbolic links.
    package let path: FilePath
    package let kind: Kind
    package let byteCount: Int
    /// Of a file: 512.
    package let logicalSectorByteCount: Int
    /// Of a block device.
    package let device: DeviceNumber?
    /// Of a block device, as the kernel names it: `vda1`.
    package let deviceName: String?
    /// Of a regular file.
    package let file: FileNumber?
    package let partition: Partition?
    /// Of a loop device: what it shows.
    package let loop: LoopBacking?
    /// Who uses it, or what is made of it. Empty: nobody we can see.
    package let uses: [VolumeUse]
    package let identity: VolumeIdentity
    /// Whether the kernel refuses writes to the device.
    package let isReadOnlyDevice: Bool

    /// Looks at `path`. Throws `noSuchPath`, `isDirectory`, `notAVolume`, `permissionDenied`, `systemFailure`.
    package static func inspect(_ path: FilePath) throws(DeviceError) -> VolumeFacts {
        let (resolved, status) = try look(at: path)
        switch status.kind {
        case .blockDevice: return try inspect(device: status.device, path, resolved)
        case .regularFile: return try inspect(file: status, path, resolved)
        case .directory: throw .isDirectory(path)
        default: throw DeviceError(.notAVolume, path, "is neither a block device nor a regular file; name one of those")
        }
    }

    /// Whether both are the same bytes: the same device, the same file, or a loop device and its file.
    package func isSameVolume(as other: VolumeFacts) -> Bool {
        if let device, device == other.device { return true }
        guard let mine = file ?? wholeFile, let others = other.file ?? other.wholeFile else { return false }
        return mine == others
    }

    /// Its own node, and those of its disk or partitions: a claim on one is in the way of the other.
    func relatives() -> [FilePath] {
        let tree = DeviceTree()
        let node = device.flatMap { tree.node($0) }
        let names = (node?.partitionNames ?? []) + [node?.diskName].compactMap { $0 }
        return [path] + names.compactMap { tree.node(named: $0)?.path }
    }

    /// The file of a loop device that shows all of it.
    private var wholeFile: FileNumber? { loop.flatMap { $0.offset == 0 && $0.sizeLimit == 0 ? $0.file : nil } }

    private static func look(at path: FilePath) throws(DeviceError) -> (FilePath, FileStatus) {
        do throws(SystemError) {
            let resolved = try File.resolve(path)
            return (resolved, try FileStatus(of: resolved))
        } catch {
            throw .opening(path, error)
        }
    }

    private static func inspect(
        device: DeviceNumber, _ path: FilePath, _ resolved: FilePath
    ) throws(DeviceError) -> VolumeFacts {
        let tree = DeviceTree()
        guard let node = tree.node(device) else {
            throw DeviceError(.notAVolume, path, "has no device behind it; connect it first")
        }
        let disk = node.diskName.flatMap { tree.node(named: $0) }
        return VolumeFacts(
            requestedPath: path, path: resolved, kind: .blockDevice, byteCount: node.byteCount,
            logicalSectorByteCount: (disk ?? node).number("queue/logical_block_size") ?? smallestSectorByteCount,
            device: device, deviceName: node.name, file: nil,
            partition: disk.map { Partition(disk: $0.number, diskPath: $0.path, startByte: node.startByte ?? 0) },
            loop: tree.loopBacking(of: node), uses: UseFinder(tree: tree).uses(of: node),
            identity: IdentityFinder(tree: tree).identity(of: node, path: resolved),
            isReadOnlyDevice: node.number("ro") == 1)
    }

    private static func inspect(
        file status: FileStatus, _ path: FilePath, _ resolved: FilePath
    ) throws(DeviceError) -> VolumeFacts {
        let identity: VolumeIdentity
        do throws(SystemError) {
            identity = try IdentityFinder().identity(ofFile: resolved)
        } catch {
            throw .opening(path, error)
        }
        return VolumeFacts(
            requestedPath: path, path: resolved, kind: .regularFile, byteCount: status.byteCount,
            logicalSectorByteCount: smallestSectorByteCount, device: nil, deviceName: nil, file: FileNumber(status),
            partition: nil, loop: nil, uses: UseFinder().uses(ofFile: FileNumber(status), at: resolved),
            identity: identity, isReadOnlyDevice: false)
    }
}

/// The smallest logical sector there is.
let smallestSectorByteCount = 512
