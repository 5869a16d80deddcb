import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapDevice

extension Devices {
    @Suite struct Identities {
        @Test func anImageFileAndItsLoopDeviceAreOneVolume() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 1 << 20)
                let facts = try VolumeFacts.inspect(image)
                #expect(facts.identity.strength == .strong && facts.identity.value.hasPrefix("file:"))
                try LoopDevice.with(over: image) { first in
                    let loop = try VolumeFacts.inspect(first.path)
                    #expect(loop.identity == facts.identity && loop.isSameVolume(as: facts))
                    #expect(loop.loop?.path == image)
                    // Another number, the same volume.
                    try LoopDevice.with(over: image) { second in
                        let other = try VolumeFacts.inspect(second.path)
                        #expect(second.path != first.path && other.identity == facts.identity)
                    }
                    try LoopDevice.with(over: image, .init(offset: 4_096)) { part in
                        let part = try VolumeFacts.inspect(part.path)
                        #expect(part.identity.value == facts.identity.value + ":part:4096:0")
                        #expect(!part.isSameVolume(as: facts))
                    }
                }
            }
        }

        @Test func aRenameKeepsTheIdentityAndAReplacementDoesNot() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 1 << 20)
                let identity = try VolumeFacts.inspect(image).identity
                try File.rename(image, to: directory.appending("other"))
                #expect(try VolumeFacts.inspect(directory.appending("other")).identity == identity)
                _ = try directory.sparseFile("image", byteCount: 1 << 20)
                #expect(try VolumeFacts.inspect(image).identity != identity)
            }
        }

        @Test(arguments: MountedFilesystem.Kind.allCases)
        func filesKeepItWhenTheirFilesystemIsOnAnotherDevice(kind: MountedFilesystem.Kind) throws {
            try ScratchDirectory.with { directory in
                var identities: Set<VolumeIdentity> = []
                let image = try directory.sparseFile("image", byteCount: kind.usualByteCount)
                try MountedFilesystem.make(kind, on: image)
                let place = try directory.folder("place")
                let file = place.appending("file")
                let other = try directory.sparseFile("other", byteCount: 1 << 20)
                for round in 0..<2 {
                    // Something else takes the first free number in the second round.
                    func look() throws {
                        try LoopDevice.with(over: image) { loop in
                            try MountedFilesystem.with(loop.path, at: place) { _ in
                                if round == 0 { try Command.check("truncate", "-s", "8192", file.string) }
                                identities.insert(try VolumeFacts.inspect(file).identity)
                            }
                        }
                    }
                    if round == 0 { try look() } else { try LoopDevice.with(over: other) { _ in try look() } }
                }
                #expect(identities.count == 1)
            }
        }

        @Test func partitionsAreToldByTheirDiskAndUUID() throws {
            try ScratchDirectory.with { directory in
                var values: [String] = []
                try withPartitions(directory) { loop in
                    let disk = try VolumeFacts.inspect(loop.path).identity
                    for number in [1, 2] {
                        let facts = try VolumeFacts.inspect(loop.partition(number))
                        #expect(facts.identity.strength == .strong)
                        #expect(facts.identity.value.hasPrefix(disk.value + ":partition:"))
                        #expect(facts.partition?.diskPath == loop.path)
                        values.append(facts.identity.value)
                    }
                }
                #expect(Set(values).count == 2 && values.allSatisfy { !$0.contains("at-") })
            }
        }

        /// A tree of sysfs made by hand: LVM, SCSI, NVMe and virtio disks are not on every machine.
        @Test func devicesFromSysfs() throws {
            try ScratchDirectory.with { directory in
                let tree = try FakeTree(directory)
                try tree.add("sda", "8:0", ["device/wwid": "naa.5000c500a1b2c3d4  \n"])
                try tree.add("sda/sda1", "8:1", ["partition": "1", "start": "2048"])
                try tree.add("vda", "254:0", ["serial": "vol-1\n"])
                try tree.add("vdb", "254:16", ["serial": "0000-0000\n"])
                try tree.add("dm-0", "253:0", ["dm/uuid": "LVM-abc\n", "dm/name": "vg-home\n", "slaves/sda1/x": ""])
                try tree.add("nvme0n1", "259:0", ["wwid": "eui.0025\n", "device/serial": "S1\n"])
                func identity(_ name: String) throws -> VolumeIdentity {
                    let node = try #require(tree.tree.node(named: name))
                    return IdentityFinder(tree: tree.tree).identity(of: node, path: FilePath("/dev/no-such-\(name)"))
                }
                #expect(try identity("sda") == .init(strength: .strong, value: "wwid:naa.5000c500a1b2c3d4"))
                #expect(
                    try identity("sda1")
                        == .init(strength: .strong, value: "wwid:naa.5000c500a1b2c3d4:partition:at-1048576"))
                #expect(try identity("vda") == .init(strength: .strong, value: "serial:vol-1"))
                #expect(try identity("vdb") == .init(strength: .weak, value: "path:/dev/no-such-vdb"))
                #expect(try identity("dm-0") == .init(strength: .strong, value: "dm:LVM-abc"))
                #expect(try identity("nvme0n1") == .init(strength: .strong, value: "wwid:eui.0025"))
            }
        }

        @Test func holdersFromSysfs() throws {
            try ScratchDirectory.with { directory in
                let tree = try FakeTree(directory)
                try tree.add("sda", "8:0", [:])
                try tree.add("sda/sda1", "8:1", ["partition": "1", "holders/dm-0/x": ""])
                try tree.add("sda/sda2", "8:2", ["partition": "2"])
                try tree.add("dm-0", "253:0", ["dm/name": "vg-home", "slaves/sda1/x": ""])
                let mounts = MountTable(parsing: "1 0 253:0 / /home rw - xfs /dev/mapper/vg-home rw")
                let finder = UseFinder(
                    tree: tree.tree, mounts: mounts, swaps: [SwapArea(path: "/dev/sda2", isFile: false)])
                let held: [VolumeUse] = [
                    .held(device: "sda1", by: "dm-0 (vg-home)"), .mounted(device: "dm-0", at: "/home"),
                ]
                #expect(finder.uses(of: try #require(tree.tree.node(named: "sda1"))) == held)
                #expect(finder.uses(of: try #require(tree.tree.node(named: "sda"))) == held + [.swap(device: "sda2")])
                #expect(finder.uses(of: try #require(tree.tree.node(named: "sda2"))) == [.swap(device: "sda2")])
                #expect(
                    finder.uses(of: try #require(tree.tree.node(named: "dm-0"))) == [
                        .mounted(device: "dm-0", at: "/home")
                    ])

                var walk = StackWalk(tree: tree.tree, mounts: mounts)
                walk.descend(device: DeviceNumber(major: 253, minor: 0))
                #expect(Set(walk.devices.map(\.description)) == ["253:0", "8:1", "8:0"])
            }
        }
    }
}
