internal import SnapModel
internal import SnapSystem

/// Follows the bytes of a volume through partitions and device-mapper down to the disks that they are written to.
struct MapperDescent {
    /// Why the way of some bytes cannot be told: the rest of a sentence.
    struct Obstacle: Error, Hashable, Sendable, CustomStringConvertible {
        let description: String
    }

    private let tree: DeviceTree
    private let read: (DeviceNumber) throws(SystemError) -> MapperTable
    /// Those that were met on the way.
    private(set) var tables: [DeviceNumber: MapperTable] = [:]
    private var disks: [TrackableDisk] = []

    /// Another `read` than the kernel's is for tests.
    init(_ tree: DeviceTree, _ read: @escaping (DeviceNumber) throws(SystemError) -> MapperTable = MapperTable.read) {
        (self.tree, self.read) = (tree, read)
    }

    /// Where the bytes of `volume` are, all of them, in their order.
    mutating func follow(_ volume: DeviceNode, byteCount: Int) throws(Obstacle) -> [TrackableDisk] {
        disks = []
        try descend(volume, ByteExtent(offset: 0, byteCount: byteCount), 0, by: volume, depth: 0)
        return disks
    }

    /// `extent` of `node` is what begins at `volumeOffset` of the volume, and is asked of `asked`.
    private mutating func descend(
        _ node: DeviceNode, _ extent: ByteExtent, _ volumeOffset: Int, by asked: DeviceNode, depth: Int
    ) throws(Obstacle) {
        guard depth < Self.depthLimit else { throw Obstacle(description: "\(node.title) is made of too many layers") }
        if let disk = node.diskName.flatMap({ tree.node(named: $0) }) {
            let onDisk = ByteExtent(offset: extent.offset + (node.startByte ?? 0), byteCount: extent.byteCount)
            return try descend(disk, onDisk, volumeOffset, by: asked, depth: depth + 1)
        }
        if node.attribute("dm/name") != nil { return try pass(node, extent, volumeOffset, depth) }
        if let obstacle = TrackableDisk.obstacle(of: node, tree) { throw Obstacle(description: obstacle) }
        append(.on(node, by: asked, extent, volumeOffset))
    }

    private mutating func pass(
        _ node: DeviceNode, _ extent: ByteExtent, _ volumeOffset: Int, _ depth: Int
    ) throws(Obstacle) {
        var next = extent.offset
        for target in try table(of: node).targets where target.extent.end > next && target.extent.offset < extent.end {
            guard case .inPlace(let number, let byte) = target.mapping else {
                if case .elsewhere(let reason) = target.mapping {
                    throw Obstacle(description: "\(node.title) \(reason)")
                }
                break
            }
            // What no target makes is nowhere.
            guard target.extent.offset <= next, let beneath = tree.node(number) else { break }
            let end = min(target.extent.end, extent.end)
            let part = ByteExtent(offset: byte + next - target.extent.offset, byteCount: end - next)
            try descend(beneath, part, volumeOffset + next - extent.offset, by: beneath, depth: depth + 1)
            next = end
        }
        guard next == extent.end else { throw Obstacle(description: "\(node.title) has parts that nothing is beneath") }
    }

    private mutating func table(of node: DeviceNode) throws(Obstacle) -> MapperTable {
        if let known = tables[node.number] { return known }
        do throws(SystemError) {
            let table = try read(node.number)
            tables[node.number] = table
            return table
        } catch {
            throw Obstacle(description: "it cannot be told what \(node.title) is made of: \(error)")
        }
    }

    /// LVM has a target for each piece, also where they follow upon each other.
    private mutating func append(_ disk: TrackableDisk) {
        guard let last = disks.last, last.isContinued(by: disk) else { return disks.append(disk) }
        let joined = ByteExtent(
            offset: last.extent.offset, byteCount: last.extent.byteCount + disk.extent.byteCount)
        disks[disks.count - 1] = TrackableDisk(
            number: last.number, device: last.device, deviceExtent: last.deviceExtent,
            mergesDiscards: last.mergesDiscards, extent: joined, volumeOffset: last.volumeOffset)
    }

    /// The kernel has no such limit, but its stack.
    private static let depthLimit = 16
}
