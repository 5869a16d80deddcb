import SnapDevice
import SnapModel
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapConsistency

extension DeviceMapper {
    /// `live` on disks of a virtual machine, and on what device-mapper makes of disks.
    @Suite(.serialized) struct Live {
        @Test(arguments: LiveScene.allCases)
        func theImageIsTheVolumeAsItWasFrozen(scene: LiveScene) throws {
            try withMounted(scene) { device, mounted in
                if scene == .nvme { #expect(try Self.mergesDiscards(device)) }
                try Writing.with(in: mounted.path) { writing in
                    let method = try live(device)
                    try method.prepare()
                    let copy = method.copy
                    let first = try copyFirst(copy)
                    #expect(writing.goesOn(for: 10))
                    try method.approach {}
                    #expect(writing.goesOn(for: 3))
                    let (taken, truth) = try frozen(mounted) {
                        try method.settle()
                        return (try method.take(), try bytes(of: copy.reader))
                    }
                    let point = try #require(taken as? LivePointInTime)
                    #expect(point.copy.overlay.unitCount > 0 && !point.copy.passes.isEmpty)
                    let image = try laid(point.copy.overlay, upon: first)
                    // Without what was tracked it would be another.
                    #expect(first != truth)
                    #expect(image == truth)
                    taken.release()
                }
            }
        }

        /// What was tracked is not the volume any more.
        @Test func aVolumeThatIsPutTogetherAnewEndsIt() throws {
            try withMounted(.logicalVolume) { device, mounted in
                let method = try live(device)
                try method.prepare()
                _ = try copyFirst(method.copy)
                try method.copy.converge {}
                try Command.check("lvextend", "-L", "+8m", device.string)
                let code = consistencyCode { try frozen(mounted) { try method.settle() } }
                #expect(code == .pointInTimeLost)
                method.abandon()
            }
        }

        /// `auto`: by a snapshot of LVM's where there is room for one. What has one already has its blocks in two places.
        @Test func whatALogicalVolumeIsImagedBy() throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory, byteCount: 96 << 20) { group in
                    let node = try group.thick("volume", byteCount: 16 << 20)
                    try MountedFilesystem.make(.ext4, on: node)
                    try MountedFilesystem.with(node, at: try directory.folder("m")) { _ in
                        #expect(try automatic(node) == .lvm)
                        try Command.check("lvcreate", "-s", "-n", "old", "-L", "8m", "\(group.name)/volume")
                        #expect(try reason(node).contains("has snapshots"))
                        try Command.check("lvremove", "-y", "\(group.name)/old")
                        try Command.check("lvcreate", "-y", "-Wn", "-l", "100%FREE", "-n", "rest", group.name)
                        #expect(try automatic(node) == .live)
                    }
                }
            }
        }

        // MARK: - Parts

        private static func mergesDiscards(_ device: FilePath) throws -> Bool {
            let name = device.lastComponent?.string ?? ""
            let limit = try File.readText(FilePath("/sys/block/\(name)/queue/max_discard_segments"))
            return try #require(Int(limit.prefix { $0.isNumber })) > 1
        }

        private func withMounted(_ scene: LiveScene, _ body: (FilePath, MountedFilesystem) throws -> Void) throws {
            try ScratchDirectory.with { directory in
                try scene.with(in: directory) { device in
                    try MountedFilesystem.make(.ext4, on: device)
                    let place = try directory.folder("mounted")
                    try MountedFilesystem.with(device, at: place, options: ["discard"]) { try body(device, $0) }
                }
            }
        }

        private func live(_ device: FilePath) throws -> LiveMethod {
            var options = PointInTimeOptions()
            options.method = .live
            // The processor is emulated.
            options.liveMaxFreeze = .seconds(20)
            options.onNoConverge = .freezeLonger
            let method = try MethodChooser().choose(try inspect(device), options)
            return try #require(method as? LiveMethod)
        }

        private func automatic(_ device: FilePath) throws -> ConsistencyMethod {
            try MethodChooser([LogicalVolumeMethods()]).choose(try inspect(device), PointInTimeOptions()).method
        }

        /// Why `live` cannot be.
        private func reason(_ device: FilePath) throws -> String {
            let all = MethodChooser().assess(try inspect(device), PointInTimeOptions())
            let live = try #require(all.first { $0.method == .live })
            #expect(live.verdict == .impossible)
            return live.reason
        }

        private func inspect(_ device: FilePath) throws -> VolumeInspection {
            try VolumeInspection.inspect(try VolumeFacts.inspect(device))
        }

        /// Also has some of it compared in the end, as an engine does.
        private func copyFirst(_ copy: LiveCopy) throws -> [UInt8] {
            try copy.begin()
            let first = try bytes(of: copy.reader)
            let unit = UnitOverlay.unitByteCount
            copy.expect { units in units.map { Array(first[$0 * unit..<($0 + 1) * unit]) } }
            return first
        }

        private func bytes(of reader: VolumeReader) throws -> [UInt8] {
            let step = 1 << 20
            return try stride(from: 0, to: reader.byteCount, by: step).reduce(into: []) { bytes, offset in
                bytes += try reader.bytes(min(step, reader.byteCount - offset), at: offset)
            }
        }

        private func laid(_ overlay: UnitOverlay, upon first: [UInt8]) throws -> [UInt8] {
            var image = first
            let buffer = try AlignedBuffer(byteCount: BlockGeometry.byteCount)
            for block in overlay.blocks(in: 0..<BlockGeometry.blockCount(ofByteCount: first.count)) {
                let range = block.byteOffset..<min(first.count, block.byteOffset + BlockGeometry.byteCount)
                buffer.store(Array(first[range]), at: 0)
                try overlay.lay(block, over: buffer, at: 0)
                image.replaceSubrange(range, with: buffer.copyBytes(0..<range.count))
            }
            return image
        }

        private func frozen<Result>(_ mounted: MountedFilesystem, _ body: () throws -> Result) throws -> Result {
            try Command.check("fsfreeze", "--freeze", mounted.path.string)
            defer { _ = try? Command.run(["fsfreeze", "--unfreeze", mounted.path.string]) }
            return try body()
        }
    }
}

/// Somebody who overwrites, adds and deletes.
private final class Writing: Sendable {
    private let rounds = Counter()
    private let isStopped = Atomic(false)

    private static let fileByteCount = 4 << 20
    /// An emulated processor has enough to do.
    private static let pause = Duration.milliseconds(20)

    static func with(in folder: FilePath, _ body: (Writing) throws -> Void) throws {
        let (writing, group) = (Writing(), WorkerGroup())
        let file = try OwnedDescriptor(opening: folder.appending("file"), .readWrite, options: .create)
        try file.write(filled(fileByteCount, with: 1), at: 0)
        try file.close()
        group.start("writer", count: 2) { number in
            while !writing.isStopped.load(ordering: .acquiring) {
                try? change(folder, writing.rounds.value * 2 + number)
                writing.rounds.add()
                CurrentProcess.rest(for: pause)
            }
        }
        defer {
            writing.isStopped.store(true, ordering: .releasing)
            group.wait()
        }
        try body(writing)
    }

    func goesOn(for count: Int) -> Bool {
        let before = rounds.value
        return Waiting.until { rounds.value >= before + count }
    }

    private static func change(_ folder: FilePath, _ number: Int) throws {
        let file = try OwnedDescriptor(opening: folder.appending("file"), .readWrite)
        for _ in 0..<4 {
            let offset = Int.random(in: 0..<fileByteCount - 5_000)
            try file.write(filled(Int.random(in: 1...5_000), with: UInt8(truncatingIfNeeded: number)), at: offset)
        }
        try file.synchronise()
        let other = folder.appending("other-\(number % 3)")
        let new = try OwnedDescriptor(opening: other, .writeOnly, options: [.create, .truncate])
        try new.write(filled(64 << 10, with: UInt8(truncatingIfNeeded: number)), at: 0)
        try new.synchronise()
        if number.isMultiple(of: 5) { try File.remove(other) }
    }
}
