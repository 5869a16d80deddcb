import SnapDevice
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapConsistency

extension DeviceMapper {
    /// What a process that died left, and what must never be taken for it.
    @Suite(.serialized) struct Leftovers {
        @Test(arguments: Instants.Kind.allCases)
        func areFoundReopenedAndCleared(kind: Instants.Kind) throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory) { group in
                    let node = try Instants.volume(kind, 16 << 20, in: group)
                    let old = SeededRandom.bytes(1 << 20, seed: 1)
                    try File.overwrite(node, old, at: 0)
                    let lease = try Self.takeAndDie(node)
                    try File.overwrite(node, [UInt8](repeating: 1, count: 1 << 20), at: 0)
                    #expect(try LogicalVolumeMethods.leftovers() == [lease])
                    // As after a restart of the system, which activates no temporary snapshot of a pool.
                    if kind == .thin { try Command.check("lvchange", "-an", "\(group.name)/\(Self.name(of: lease))") }

                    let point = try LogicalVolumeMethods.reopen(lease)
                    #expect(try point.reader.bytes(1 << 20) == old)
                    #expect(consistencyCode { try LogicalVolumeMethods.clear(lease) } == .toolFailed)
                    point.release()
                    point.release()
                    #expect(try LogicalVolumeMethods.leftovers().isEmpty)

                    let second = try Self.takeAndDie(node)
                    try LogicalVolumeMethods.clear(second)
                    #expect(try LogicalVolumeMethods.leftovers().isEmpty)
                    try LogicalVolumeMethods.clear(second)
                    #expect(consistencyCode { _ = try LogicalVolumeMethods.reopen(second) } == .pointInTimeLost)
                }
            }
        }

        @Test func thoseOfOthersAreLeftAlone() throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory) { group in
                    try group.pool(byteCount: 64 << 20)
                    let node = try group.thin("volume", byteCount: 16 << 20)
                    // Tagged, but with a name of its own; and the other way round.
                    let look = "snapctl-0123456789abcdef0"
                    try Command.check("lvcreate", "-s", "-n", "mine", "--addtag", "snapctl", "\(group.name)/volume")
                    try Command.check("lvcreate", "-s", "-n", look, "\(group.name)/volume")
                    // One of ours, which somebody renamed in order to keep it; one whose origin is gone.
                    let kept = try Self.takeAndDie(node)
                    try Command.check("lvrename", group.name, Self.name(of: kept), "kept")
                    let other = try group.thin("other", byteCount: 16 << 20)
                    let orphan = try Self.takeAndDie(other)
                    try Command.check("lvremove", "-y", "\(group.name)/other")

                    #expect(try LogicalVolumeMethods.leftovers().isEmpty)
                    let others = try LogicalVolume.all(in: group.name).filter { ["mine", look].contains($0.name) }
                    for volume in others {
                        let lease = PointInTimeLease.logicalVolume(
                            group: group.name, name: volume.name, uuid: volume.uuid, isThin: true)
                        try LogicalVolumeMethods.clear(lease)
                        #expect(consistencyCode { try TemporarySnapshot.remove(volume) } == .notPossible)
                        #expect(consistencyCode { _ = try LogicalVolumeMethods.reopen(lease) } == .pointInTimeLost)
                    }
                    for lease in [kept, orphan] { try LogicalVolumeMethods.clear(lease) }
                    let names = try group.volumeNames().sorted()
                    #expect(names == ["kept", "mine", "pool", look, Self.name(of: orphan), "volume"].sorted())
                }
            }
        }

        /// Takes one, and lets go of it as a process does that is killed.
        private static func takeAndDie(_ node: FilePath) throws -> PointInTimeLease {
            let taking = try Taking(node)
            try taking.method.prepare()
            let taken = try taking.method.take()
            taken.reader.close()
            return try #require(taken.lease)
        }

        private static func name(of lease: PointInTimeLease) -> String {
            guard case .logicalVolume(_, let name, _, _) = lease else { return "" }
            return name
        }
    }
}
