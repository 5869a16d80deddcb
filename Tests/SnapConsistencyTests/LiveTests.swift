import SnapDevice
import SnapModel
import SnapSystem
import SnapTestSupport
import SnapTracking
import Synchronization
import SystemPackage
import Testing

@testable import SnapConsistency

extension Inspections {
    /// `live` without an engine: the first copy is bytes in memory, and what is laid upon it too.
    @Suite struct Live {
        struct Scene: Sendable, CustomTestStringConvertible {
            var kind: MountedFilesystem.Kind
            var sectorByteCount = 512
            var isOnPartition = false

            var testDescription: String {
                "\(kind), sectors of \(sectorByteCount)\(isOnPartition ? ", on a partition" : "")"
            }

            static let all = [
                Scene(kind: .ext4), Scene(kind: .xfs), Scene(kind: .btrfs), Scene(kind: .ext4, sectorByteCount: 4_096),
                Scene(kind: .ext4, isOnPartition: true), Scene(kind: .xfs, isOnPartition: true),
            ]
        }

        @Test(arguments: Scene.all)
        func theImageIsTheVolumeAsItWasFrozen(scene: Scene) throws {
            try withVolume(scene) { device, mounted in
                try Self.withWriter(mounted.path) { writer in
                    let method = try live(device)
                    try method.prepare()
                    let first = try copyFirst(method.copy)
                    try wait(for: writer, writes: 20)
                    try method.approach {}
                    try wait(for: writer, writes: 5)
                    let (taken, truth) = try frozen(method.targets(isInSet: false)) {
                        try method.settle()
                        let taken = try method.take()
                        let reader = try VolumeReader(opening: try VolumeFacts.inspect(device), claiming: false)
                        return (taken, try allBytes(reader))
                    }
                    let live = try #require(taken as? LivePointInTime)
                    #expect(live.copy.overlay.unitCount > 0 && !live.copy.passes.isEmpty)
                    let image = try laid(live.copy.overlay, upon: first)
                    #expect(image == truth)
                    taken.release()
                }
            }
        }

        /// One whose programs watch another disk marks nothing; the kernel's counts do not tell, but the samples do.
        @Test func aTrackerThatSeesNothingIsFoundOut() throws {
            try withVolume(Scene(kind: .ext4)) { device, mounted in
                try ScratchDirectory.with { elsewhere in
                    let image = try elsewhere.sparseFile("other", byteCount: 1 << 20)
                    try LoopDevice.with(over: image) { other in
                        let inspection = try inspect(device)
                        let number = try FileStatus(of: other.path).device
                        let extent = TrackedExtent(disk: number, onDisk: ByteExtent(offset: 0, byteCount: 1 << 20))
                        let byteCount = inspection.facts.byteCount
                        let copy = try LiveCopy(
                            inspection,
                            trackedBy: { () throws(TrackingError) in
                                try WriteTracker(byteCount: byteCount, [extent])
                            }, PointInTimeOptions())
                        let first = try copyFirst(copy)
                        expectation(copy, first)
                        let file = try mounted.path.filled()
                        try File.overwrite(file, SeededRandom.bytes(24 << 20, seed: 9), at: 0)
                        try copy.converge {}
                        try copy.finish()
                        let error = consistencyError { try copy.confirmSamples() }
                        #expect(error?.code == .imageDiffers && copy.differs)
                        #expect(error?.description.contains("samples differ") == true)
                        copy.close()
                    }
                }
            }
        }

        @Test func samplesOfAnExactCopyAgree() throws {
            try withVolume(Scene(kind: .ext4)) { device, mounted in
                let method = try live(device)
                try method.prepare()
                let first = try copyFirst(method.copy)
                expectation(method.copy, first)
                try File.overwrite(try mounted.path.filled(), SeededRandom.bytes(8 << 20, seed: 9), at: 0)
                try method.approach {}
                let taken = try frozen(method.targets(isInSet: false)) {
                    try method.settle()
                    return try method.take()
                }
                let point = try #require(taken as? LivePointInTime)
                try point.copy.confirmSamples()
                #expect(!point.copy.differs)
                taken.release()
            }
        }

        /// Its first part would be no volume.
        @Test func aVolumeThatGrowsEndsIt() throws {
            try withVolume(Scene(kind: .ext4)) { device, mounted in
                let method = try live(device)
                try method.prepare()
                _ = try copyFirst(method.copy)
                try method.approach {}
                let image = try File.readText(
                    FilePath("/sys/block/\(device.lastComponent?.string ?? "")/loop/backing_file"))
                try Command.check("truncate", "-s", "+16M", String(image.prefix { $0 != "\n" }))
                try Command.check("losetup", "-c", device.string)
                let error = try frozen(method.targets(isInSet: false)) { consistencyError { try method.settle() } }
                #expect(error?.code == .pointInTimeLost && error?.description.contains("bytes when") == true)
                method.abandon()
            }
        }

        @Test func aPassIsEndedWithinIt() throws {
            try withVolume(Scene(kind: .ext4)) { device, mounted in
                let method = try live(device)
                try method.prepare()
                _ = try copyFirst(method.copy)
                try File.overwrite(try mounted.path.filled(), SeededRandom.bytes(8 << 20, seed: 9), at: 0)
                let asked = Counter()
                method.copy.heed { () throws(ConsistencyError) in
                    asked.add()
                    if asked.value > 10 { throw ConsistencyError(.cancelled, "enough") }
                }
                #expect(consistencyError { try method.approach {} }?.code == .cancelled)
                #expect(method.copy.passes.isEmpty && asked.value < 30)
                // The marks that it had taken are gone.
                let copies = Counter()
                method.copy.heed {}
                method.copy.onLoss { () throws(ConsistencyError) in copies.add() }
                try method.approach {}
                #expect(copies.value == 1)
                method.abandon()
            }
        }

        /// Nothing can be read in no time.
        @Test func aWriterThatIsFasterEndsItOrIsFrozenLonger() throws {
            try withVolume(Scene(kind: .ext4)) { device, mounted in
                try Self.withWriter(mounted.path) { writer in
                    for policy in NonConvergencePolicy.allCases {
                        switch policy {
                        // It may well be quiet for a moment, in which there is nothing to read.
                        case .fail:
                            let codes = try (0..<5).map { _ in try approachError(device, policy, writer)?.code }
                            #expect(codes.contains(.notConverged))
                            #expect(codes.allSatisfy { $0 == nil || $0 == .notConverged }, "\(codes)")
                        case .wait:
                            let error = try approachError(device, policy, writer)
                            #expect(error == nil || error?.code == .cancelled)
                        case .freezeLonger: #expect(try approachError(device, policy, writer) == nil)
                        }
                    }
                }
            }
        }

        /// Of an approach that is given no time for the freeze, and ended after four seconds.
        private func approachError(
            _ device: FilePath, _ policy: NonConvergencePolicy, _ writer: Counter
        ) throws -> ConsistencyError? {
            let method = try live(device) {
                $0.liveMaxFreeze = .nanoseconds(1)
                $0.onNoConverge = policy
            }
            #expect(method.maxFreeze == (policy == .freezeLonger ? nil : .nanoseconds(1)))
            try method.prepare()
            defer { method.abandon() }
            _ = try copyFirst(method.copy)
            try wait(for: writer, writes: 20)
            let watch = Stopwatch()
            return consistencyError {
                try method.approach { () throws(ConsistencyError) in
                    if watch.elapsed > .seconds(4) { throw ConsistencyError(.cancelled, "enough") }
                }
            }
        }

        @Test func whatCannotBeTrackedIsRefused() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 128 << 20)
                let other = try directory.sparseFile("other", byteCount: 128 << 20)
                try LoopDevice.with(over: image) { loop in
                    #expect(try reason(loop.path).contains("nothing is mounted"))
                    try MountedFilesystem.make(.ext4, on: loop.path)
                    try MountedFilesystem.with(loop.path, at: try directory.folder("m")) { _ in
                        #expect(try reason(image).contains("it is no device"))
                        try LoopDevice.with(over: image) { _ in
                            let words = try reason(loop.path)
                            #expect(words.contains("several loop devices"))
                        }
                        // Somebody writes past the filesystem.
                        let writer = try OwnedDescriptor(opening: image, .writeOnly)
                        #expect(try reason(loop.path).contains("open for writing"))
                        try writer.close()
                    }
                    try LoopDevice.with(over: other) { second in
                        try Command.check("mkfs.btrfs", "-q", "-f", loop.path.string, second.path.string)
                        try MountedFilesystem.with(loop.path, at: try directory.folder("b")) { _ in
                            let words = try reason(loop.path)
                            #expect(words.contains("several devices"))
                        }
                    }
                }
            }
        }

        // MARK: - Parts

        private func withVolume(_ scene: Scene, _ body: (FilePath, MountedFilesystem) throws -> Void) throws {
            try ScratchDirectory.with { directory in
                let byteCount = scene.kind == .xfs ? 400 << 20 : 160 << 20
                let image = try directory.sparseFile("volume", byteCount: byteCount)
                if scene.isOnPartition {
                    try Command.check(
                        "sfdisk", "-q", image.string,
                        input: "label: gpt\nstart=4097, size=\((byteCount >> 9) - 8_192)\n")
                }
                let options = LoopDevice.Options(
                    sectorByteCount: scene.sectorByteCount, hasPartitions: scene.isOnPartition)
                try LoopDevice.with(over: image, options) { loop in
                    let device = scene.isOnPartition ? loop.partition(1) : loop.path
                    try MountedFilesystem.make(scene.kind, on: device)
                    let place = try directory.folder("mounted")
                    try MountedFilesystem.with(device, at: place, options: ["discard"]) { try body(device, $0) }
                }
            }
        }

        private func live(_ device: FilePath, _ adjust: (inout PointInTimeOptions) -> Void = { _ in }) throws
            -> LiveMethod
        {
            let method = try chosen(device) {
                $0.method = .live
                adjust(&$0)
            }
            return try #require(method as? LiveMethod)
        }

        private func reason(_ volume: FilePath) throws -> String {
            let all = MethodChooser().assess(try inspect(volume), PointInTimeOptions())
            let live = try #require(all.first { $0.method == .live })
            #expect(live.verdict == .impossible)
            return live.reason
        }

        private func copyFirst(_ copy: LiveCopy) throws -> [UInt8] {
            try copy.begin()
            return try allBytes(copy.reader)
        }

        private func expectation(_ copy: LiveCopy, _ first: [UInt8]) {
            let unit = UnitOverlay.unitByteCount
            copy.expect { units in units.map { Array(first[$0 * unit..<($0 + 1) * unit]) } }
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

        private func wait(for writer: Counter, writes: Int) throws {
            let before = writer.value
            #expect(Waiting.until { writer.value >= before + writes }, "the writer goes on")
        }

        /// Writes, overwrites, deletes and makes holes until `body` ends; counts what it did.
        private static func withWriter(_ folder: FilePath, _ body: (Counter) throws -> Void) throws {
            let (counter, group) = (Counter(), WorkerGroup())
            let isStopped = Atomic(false)
            _ = try folder.filled()
            group.start("writer", count: 3) { number in
                var random = SeededRandom(seed: UInt64(11 + number))
                while !isStopped.load(ordering: .acquiring) {
                    try? change(folder, &random, counter.value * 3 + number)
                    counter.add()
                }
            }
            defer {
                isStopped.store(true, ordering: .releasing)
                group.wait()
            }
            try body(counter)
        }

        private static func change(_ folder: FilePath, _ random: inout SeededRandom, _ number: Int) throws {
            let file = try OwnedDescriptor(opening: folder.appending("file"), .readWrite)
            for _ in 0..<8 {
                let offset = Int.random(in: 0..<(16 << 20) - 8_192, using: &random)
                try file.write(random.bytes(Int.random(in: 1...8_192, using: &random)), at: offset)
            }
            try file.synchronise()
            let other = folder.appending("other-\(number % 3)")
            let new = try OwnedDescriptor(opening: other, .writeOnly, options: [.create, .truncate])
            try new.write(random.bytes(64 << 10), at: 0)
            try new.synchronise()
            if number.isMultiple(of: 5) { try File.remove(other) }
        }
    }
}

extension FilePath {
    /// A folder's file of 16 MiB, on the medium.
    fileprivate func filled() throws -> FilePath {
        let path = appending("file")
        let file = try OwnedDescriptor(opening: path, .readWrite, options: .create)
        try file.write(SeededRandom.bytes(16 << 20, seed: 5), at: 0)
        try file.synchronise()
        try file.close()
        return path
    }
}
