internal import SnapSystem

/// The disks whose requests carry all writes to a volume.
package struct TrackableVolume: Hashable, Sendable {
    /// Of each piece of the volume, in order.
    package let disks: [TrackableDisk]
    /// What device-mapper makes of the disks on the way up to the volume.
    private let tables: [DeviceNumber: MapperTable]

    package enum Finding: Hashable, Sendable {
        case found(TrackableVolume)
        /// Why not: the rest of a sentence.
        case impossible(String)
    }

    /// Looks at what a volume is made of. Needs root where that is device-mapper's.
    package static func find(of facts: VolumeFacts) -> Finding {
        let tree = DeviceTree()
        guard let node = facts.device.flatMap({ tree.node($0) }) else { return .impossible("it is no device") }
        var descent = MapperDescent(tree)
        do throws(MapperDescent.Obstacle) {
            let disks = try descent.follow(node, byteCount: facts.byteCount)
            let names = [node.name] + node.partitionNames
            if names.contains(where: { tree.btrfsMembers(with: $0).count > 1 }) {
                return .impossible("its btrfs lies on several devices")
            }
            return .found(TrackableVolume(disks: disks, tables: descent.tables))
        } catch {
            return .impossible(error.description)
        }
    }

    /// What is not any more as it was found: a sentence; nil: nothing. What was written to the disks is what was written to the
    /// volume only as long as it lies there.
    package func change() -> String? {
        for (device, table) in tables {
            do throws(SystemError) {
                if try MapperTable.read(device) == table { continue }
                let name = DeviceTree().node(device)?.title ?? device.description
                return "\(name) was put together in another way meanwhile (lvextend, pvmove, lvcreate -s, dmsetup)"
            } catch {
                return "it cannot be told any more what it is made of: \(error)"
            }
        }
        return nil
    }
}
