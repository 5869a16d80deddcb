import SnapDevice
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapConsistency

extension DeviceMapper {
    /// The snapshot holds the bytes of its instant, whatever is written meanwhile.
    @Suite(.serialized) struct Instants {
        enum Kind: String, CaseIterable { case thick, thin }

        @Test(arguments: Kind.allCases)
        func ofAVolumeThatIsWritten(kind: Kind) throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory) { group in
                    let node = try Self.volume(kind, 16 << 20, in: group)
                    let old = SeededRandom.bytes(1 << 20, seed: 1)
                    try File.overwrite(node, old, at: 3 << 20)
                    let taking = try Taking(node)
                    #expect(taking.method.method == (kind == .thin ? .lvmThin : .lvm))
                    #expect(taking.method.targets(isInSet: false).isEmpty && taking.method.level == .filesystem)
                    try taking.with { point in
                        try File.overwrite(node, SeededRandom.bytes(2 << 20, seed: 2), at: 2 << 20)
                        try point.tend()
                        let seen = try point.reader.bytes(1 << 20, at: 3 << 20)
                        #expect(seen == old && point.reader.byteCount == 16 << 20)
                        try point.confirm()
                        // Nobody can change it.
                        let error = #expect(throws: SystemError.self) {
                            try File.overwrite(point.reader.facts.path, [1], at: 0)
                        }
                        #expect(error != nil)
                    }
                    #expect(try group.volumeNames().allSatisfy { !$0.hasPrefix("snapctl-") })
                }
            }
        }

        @Test(arguments: [(MountedFilesystem.Kind.ext4, Kind.thick), (.ext4, .thin), (.xfs, .thin)])
        func ofAMountedFilesystem(filesystem: MountedFilesystem.Kind, kind: Kind) throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory) { group in
                    let node = try Self.volume(kind, filesystem.usualByteCount, in: group)
                    try MountedFilesystem.make(filesystem, on: node)
                    let image = directory.appending("restored")
                    let place = try directory.folder("m")
                    let suspension = try MountedFilesystem.with(node, at: place) { mounted in
                        let writer = try ChildProcess(["/bin/sh", "-c", Self.writing, mounted.path.string])
                        #expect(Waiting.until { File.exists(mounted.path.appending("b")) })
                        let taking = try Taking(node)
                        #expect(taking.method.targets(isInSet: false).isEmpty && taking.method.level == .filesystem)
                        #expect(taking.method.targets(isInSet: true).map(\.mountPoint) == [mounted.path])
                        let suspension = try taking.with { point in
                            try point.reader.restore(to: image)
                            try point.tend()
                            try point.confirm()
                            return point.suspension
                        }
                        #expect(writer.state != nil)
                        writer.kill()
                        writer.wait()
                        return suspension
                    }
                    #expect(try #require(suspension) < .seconds(20))
                    try Self.check(filesystem, image, in: directory)
                }
            }
        }

        static func volume(_ kind: Kind, _ byteCount: Int, in group: VolumeGroup) throws -> FilePath {
            guard kind == .thin else { return try group.thick("volume", byteCount: byteCount) }
            try group.pool(byteCount: byteCount + (64 << 20))
            return try group.thin("volume", byteCount: byteCount)
        }

        /// Numbers to `a`, and only when they are on the medium, to `b`.
        static let writing = """
            cd "$0"; i=0; while :; do i=$((i + 1)); echo $i >>a; sync a; echo $i >>b; sync b; done
            """

        /// Clean without repair, and nothing in `b` that is not in `a`.
        static func check(
            _ filesystem: MountedFilesystem.Kind, _ image: FilePath, in directory: ScratchDirectory
        ) throws {
            if filesystem == .ext4 { try Command.check("e2fsck", "-fn", image.string) }
            try LoopDevice.with(over: image) { loop in
                try MountedFilesystem.with(loop.path, at: try directory.folder("restored.m")) { mounted in
                    let numbers = try ["a", "b"].map { name in
                        try File.readText(mounted.path.appending(name)).split(separator: "\n").compactMap { Int($0) }
                    }
                    let (first, second) = (numbers[0], numbers[1])
                    #expect(!second.isEmpty && first == Array(1...first.count) && second == Array(1...second.count))
                    #expect(first.count == second.count || first.count == second.count + 1)
                }
            }
            // A frozen XFS keeps a record in its log, which a mount has replayed by now.
            if filesystem == .xfs { try Command.check("xfs_repair", "-n", image.string) }
        }
    }
}
