import SnapDevice
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapConsistency

extension DeviceMapper {
    /// Volumes whose filesystems somebody froze: we, for a set; or somebody else.
    @Suite(.serialized) struct Frozen {
        /// Linux 6.8 and later: those of a set stand still until all are taken. Before: refused, and nothing is left behind.
        @Test func aSetOfTwo() throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory) { group in
                    let thick = try group.thick("thick", byteCount: 64 << 20)
                    try group.pool(byteCount: 128 << 20)
                    let thin = try group.thin("thin", byteCount: 64 << 20)
                    for node in [thick, thin] { try MountedFilesystem.make(.ext4, on: node) }
                    try MountedFilesystem.with(thick, at: try directory.folder("a")) { first in
                        try MountedFilesystem.with(thin, at: try directory.folder("b")) { second in
                            try takeSet([first, second], in: directory)
                        }
                    }
                    #expect(try group.volumeNames().sorted() == ["pool", "thick", "thin"])
                }
            }
        }

        private func takeSet(_ mounted: [MountedFilesystem], in directory: ScratchDirectory) throws {
            let takings = try mounted.map { try Taking($0.device) }
            #expect(takings.map { $0.method.targets(isInSet: true).map(\.mountPoint) } == mounted.map { [$0.path] })
            let obstacles = takings.compactMap { LogicalVolumeMethods.obstacleInSet($0.inspection) }
            #expect(obstacles.count == (NestedFreeze.isPossible ? 0 : 2))
            for taking in takings { try taking.method.prepare() }
            let writer = try ChildProcess(["/bin/sh", "-c", Self.writing] + mounted.map(\.path.string))
            #expect(Waiting.until { File.exists(mounted[1].path.appending("b")) })
            for filesystem in mounted { try Command.check("fsfreeze", "--freeze", filesystem.path.string) }
            let codes = takings.map { taking in
                consistencyCode {
                    let taken = try taking.method.take()
                    try (taken as? LogicalVolumePointInTime)?.reader.restore(
                        to: directory.appending("\(taking.inspection.logicalVolume?.volume ?? "").image"))
                    taken.release()
                }
            }
            if codes.contains(where: { $0 != nil }) { for taking in takings { taking.method.abandon() } }
            for filesystem in mounted.reversed() { try Command.check("fsfreeze", "--unfreeze", filesystem.path.string) }
            // Nothing stays suspended: the writer goes on.
            let length = try File.readText(mounted[1].path.appending("b")).count
            #expect(Waiting.until { (try? File.readText(mounted[1].path.appending("b")).count) ?? 0 > length })
            writer.kill()
            writer.wait()
            #expect(codes == (NestedFreeze.isPossible ? [nil, nil] : [.alreadyFrozen, .alreadyFrozen]))
            if NestedFreeze.isPossible { try checkSet(in: directory) }
        }

        /// Numbers to `a` on the first volume, and only when they are on the medium, to `b` on the second.
        private static let writing = """
            i=0; while :; do i=$((i + 1)); echo $i >>"$0/a"; sync "$0/a"; echo $i >>"$1/b"; sync "$1/b"; done
            """

        private func checkSet(in directory: ScratchDirectory) throws {
            let counts = try [("thick", "a"), ("thin", "b")].map { volume, name in
                let image = directory.appending(volume + ".image")
                try Command.check("e2fsck", "-fn", image.string)
                return try LoopDevice.with(over: image) { loop in
                    try MountedFilesystem.with(loop.path, at: try directory.folder(volume + ".m")) { mounted in
                        try File.readText(mounted.path.appending(name)).split(separator: "\n").count
                    }
                }
            }
            #expect(counts[1] > 0 && (counts[0] == counts[1] || counts[0] == counts[1] + 1))
        }

        /// A volume that was left suspended, as by a killed lvcreate, is let go when the point in time is abandoned.
        @Test func whatStaysSuspendedIsResumed() throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory, byteCount: 256 << 20) { group in
                    let node = try group.thick("volume", byteCount: 16 << 20)
                    let taking = try Taking(node)
                    try taking.method.prepare()
                    try Command.check("dmsetup", "suspend", node.string)
                    let device = try #require(taking.facts.device)
                    #expect(SuspensionWatch.isSuspended(device))
                    taking.method.abandon()
                    #expect(!SuspensionWatch.isSuspended(device))
                }
            }
        }
    }

    @Suite(.serialized) struct Judgements {
        @Test func whatHasNoMethodOfLVM() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 1 << 20)
                try LoopDevice.with(over: image) { loop -> Void in
                    let inspection = try VolumeInspection.inspect(VolumeFacts.inspect(loop.path))
                    #expect(LogicalVolumeMethods().assess(.lvm, inspection, PointInTimeOptions()) == nil)
                }
                try VolumeGroup.with(in: directory, byteCount: 256 << 20) { group in
                    let node = try group.thick("volume", byteCount: 16 << 20)
                    try Command.check("lvcreate", "-s", "-n", "old", "-L", "8m", "\(group.name)/volume")
                    let verdicts = try Taking(group.node("old")).assess().map(\.verdict)
                    #expect(verdicts == [.impossible, .impossible])
                    // A second snapshot beside somebody's own is no trouble.
                    try Taking(node, reserveByteCount: 8 << 20).with { try $0.confirm() }
                    #expect(try group.volumeNames().sorted() == ["old", "volume"])
                }
            }
        }

        @Test func aVolumeThatIsGoneBeforeItIsTaken() throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory, byteCount: 256 << 20) { group in
                    let taking = try Taking(try group.thick("volume", byteCount: 16 << 20))
                    try Command.check("lvchange", "-an", "\(group.name)/volume")
                    #expect(consistencyCode { try taking.method.prepare() } == .notPossible)
                }
            }
        }
    }
}
