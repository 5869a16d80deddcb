package import SnapSystem
package import SystemPackage

/// Tells a file from others while the machine runs.
package struct FileNumber: Hashable, Sendable {
    package let filesystem: DeviceNumber
    package let inode: UInt64

    init(filesystem: DeviceNumber, inode: UInt64) {
        self.filesystem = filesystem
        self.inode = inode
    }

    package init(_ status: FileStatus) { self.init(filesystem: status.filesystem, inode: status.inode) }
}

/// The file that a loop device shows, or part of it.
package struct LoopBacking: Hashable, Sendable {
    package let file: FileNumber
    /// nil when the name is gone, or does not lead to that file from here.
    package let path: FilePath?
    package let offset: Int
    /// 0: to the end of the file.
    package let sizeLimit: Int

    /// The bytes of the file that are shown.
    var range: Range<Int> { offset..<(sizeLimit == 0 ? Int.max : offset + sizeLimit) }
}

extension DeviceTree {
    /// What the loop device `node` shows; nil when it is no loop device, or has no file.
    func loopBacking(of node: DeviceNode) -> LoopBacking? {
        guard let name = node.attribute("loop/backing_file") else { return nil }
        let path = FilePath(name)
        let status = try? FileStatus(of: path)
        // The kernel's own answer, where this process may open the device: the name may lead elsewhere by now.
        if let device = try? OwnedDescriptor(opening: node.path, .readOnly, options: .nonBlocking),
            let loop = try? device.loopStatus()
        {
            let file = FileNumber(filesystem: loop.filesystem, inode: loop.inode)
            let isThere = status.map { FileNumber($0) == file } ?? false
            return LoopBacking(
                file: file, path: isThere ? path : nil, offset: loop.offset, sizeLimit: loop.sizeLimit)
        }
        guard let status, status.kind == .regularFile else { return nil }
        return LoopBacking(
            file: FileNumber(status), path: path, offset: node.number("loop/offset") ?? 0,
            sizeLimit: node.number("loop/sizelimit") ?? 0)
    }

    /// The loop devices that show `file`, with the part of it that each shows.
    func loops(over file: FileNumber) -> [(node: DeviceNode, backing: LoopBacking)] {
        diskNames().filter { $0.hasPrefix("loop") }.compactMap { name in
            guard let node = node(named: name), let backing = loopBacking(of: node), backing.file == file else {
                return nil
            }
            return (node, backing)
        }
    }
}
