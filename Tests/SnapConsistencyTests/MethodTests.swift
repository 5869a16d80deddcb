import SnapDevice
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapConsistency

extension Inspections {
    @Suite struct Methods {
        // MARK: - clone

        /// While a writer goes on through the mounted filesystem, the clone keeps the instant: fsck finds it clean, and the
        /// file has what was written before and nothing of what came after.
        @Test(arguments: [MountedFilesystem.Kind.xfs, .btrfs])
        func aCloneHasTheBytesOfItsInstant(kind: MountedFilesystem.Kind) throws {
            try withHost(kind) { directory, host in
                let image = host.appending("image")
                try withPartitions(image) { loop in
                    try MountedFilesystem.make(.ext4, on: loop.partition(1))
                    try MountedFilesystem.with(loop.partition(1), at: try directory.folder("m")) { mounted in
                        let file = mounted.path.appending("file")
                        let (before, after) = (
                            SeededRandom.bytes(3 << 20, seed: 3), SeededRandom.bytes(3 << 20, seed: 4)
                        )
                        // Not synchronised: the freeze has to bring it down.
                        try OwnedDescriptor(opening: file, .writeOnly, options: .create).write(after, at: 0)
                        let method = try chosen(loop.partition(1))
                        try method.prepare()
                        try method.approach {}
                        try File.overwrite(file, before, at: 0)
                        let taken = try frozen(method.targets(isInSet: false)) { try method.take() }
                        try File.overwrite(file, after, at: 0)
                        try Command.check("sync", "-f", mounted.path.string)
                        try taken.tend()
                        #expect(taken.reader.byteCount == 16 << 20)
                        let copy = try directory.file("copy", try allBytes(taken.reader))
                        try taken.confirm()
                        try Command.check("fsck.ext4", "-f", "-n", copy.string)
                        try Command.check("debugfs", "-R", "dump /file \(directory.appending("out"))", copy.string)
                        #expect(try File.bytes(of: directory.appending("out"), 4 << 20) == before)
                        taken.release()
                        taken.release()
                        #expect(try leftovers(in: host) == [])
                        #expect(try File.bytes(of: file, 4 << 20) == after)
                    }
                }
            }
        }

        /// What was written to the device itself, and is in its page cache only.
        @Test(arguments: [0, 1 << 20, 512 * 3])
        func aCloneOfALoopDeviceWithAnOffset(offset: Int) throws {
            try withHost(.xfs) { _, host in
                let image = host.appending("image")
                _ = try ScratchDirectory.sparseFile(at: image, byteCount: 8 << 20)
                try File.overwrite(image, SeededRandom.bytes(8 << 20, seed: 5), at: 0)
                try LoopDevice.with(over: image, .init(offset: offset)) { loop in
                    let bytes = SeededRandom.bytes(100_000, seed: 6)
                    let dirty = try OwnedDescriptor(opening: loop.path, .readWrite)
                    try dirty.write(bytes, at: 1 << 20)
                    let method = try chosen(loop.path)
                    #expect(method.level == .crash)
                    try method.prepare()
                    try method.approach {}
                    try dirty.write(bytes.reversed(), at: 2 << 20)
                    let taken = try method.take()
                    defer { taken.release() }
                    let expected = try dirty.readBytes((8 << 20) - offset, at: 0)
                    try dirty.write([UInt8](repeating: 0, count: 1 << 20), at: 1 << 20)
                    try dirty.synchronise()
                    let found = try allBytes(taken.reader)
                    #expect(found == expected)
                    #expect(Array(found[(1 << 20)..<(1 << 20) + 100_000]) == bytes)
                    try taken.confirm()
                }
            }
        }

        /// What is to be cloned before the freeze is, though holes, odd ends and what was cloned before are in its way.
        @Test(arguments: [MountedFilesystem.Kind.xfs, .btrfs])
        func mostOfAnXFSIsClonedBefore(kind: MountedFilesystem.Kind) throws {
            try withHost(kind) { _, host in
                let byteCount = (40 << 20) + 513
                let image = try ScratchDirectory.sparseFile(at: host.appending("image"), byteCount: byteCount)
                for offset in [3 << 20, 21 << 20, 40 << 20] {
                    try File.overwrite(image, SeededRandom.bytes(513, seed: UInt64(offset)), at: offset)
                }
                let method = try chosen(image)
                try method.prepare()
                try method.approach {}
                let clone = host.appending(try #require(try leftovers(in: host).first))
                let isBefore = try FileStatus(of: clone).byteCount > 0
                #expect(isBefore == (kind == .xfs))
                try File.overwrite(image, [7], at: 21 << 20)
                let taken = try method.take()
                #expect(try allBytes(taken.reader) == File.bytes(of: image, byteCount))
                taken.release()
                // Whoever wants it to end is heard.
                let other = try chosen(image)
                try other.prepare()
                let stop = { () throws(ConsistencyError) in throw ConsistencyError(.cancelled, "enough") }
                let error = consistencyError { try other.approach(stop) }
                #expect(error?.code == (kind == .xfs ? .cancelled : nil))
                other.abandon()
                #expect(try leftovers(in: host) == [])
            }
        }

        @Test func anotherProcessGoesOnWithAClone() throws {
            try withHost(.xfs) { directory, host in
                let bytes = SeededRandom.bytes((1 << 20) + 513, seed: 7)
                try Command.check("cp", try directory.file("image", bytes).string, host.string)
                let image = host.appending("image")
                let lease = try { () throws -> PointInTimeLease? in
                    let method = try chosen(image)
                    try method.prepare()
                    let taken = try method.take()
                    try taken.tend()
                    return taken.lease
                }()
                let found = try #require(lease)
                try File.overwrite(image, [1, 2, 3], at: 0)
                // Its owner is gone without a word, but the lease is known.
                #expect(CloneMethod.clearLeftovers(in: host, except: [found]) == [])
                let reopened = try CloneMethod.reopen(found)
                #expect(reopened.lease == found)
                #expect(try allBytes(reopened.reader) == bytes)
                try reopened.tend()
                try reopened.confirm()
                // Whose owner lives is no leftover.
                #expect(CloneMethod.clearLeftovers(in: host, except: []) == [])
                reopened.release()
                #expect(try leftovers(in: host) == [])
                #expect(consistencyError { _ = try CloneMethod.reopen(found) }?.code == .pointInTimeLost)
                try CloneMethod.clear(found)
            }
        }

        /// As a power cut may leave it: cloned in part, since nobody had it made durable yet.
        @Test func aCloneOfAnEarlierRunOfTheMachineHasToBeDurable() throws {
            try withHost(.xfs) { _, host in
                let image = try ScratchDirectory.sparseFile(at: host.appending("image"), byteCount: 1 << 20)
                func lease(of taken: any PointInTime) throws -> PointInTimeLease {
                    guard case .clone(let path, let inode, let offset, let byteCount, let changed)? = taken.lease else {
                        throw Command.Failure(description: "no lease")
                    }
                    let earlier = host.appending(".image.00000000-1" + CloneFile.suffix)
                    try File.rename(FilePath(path), to: earlier)
                    return .clone(
                        path: earlier.string, inode: inode, offset: offset, byteCount: byteCount,
                        contentsChanged: changed)
                }
                for isTended in [false, true] {
                    let method = try chosen(image)
                    try method.prepare()
                    let taken = try method.take()
                    if isTended { try taken.tend() }
                    let earlier = try lease(of: taken)
                    let error = consistencyError { _ = try CloneMethod.reopen(earlier) }
                    #expect(error?.code == (isTended ? nil : .pointInTimeLost))
                    try CloneMethod.clear(earlier)
                }
                #expect(try leftovers(in: host) == [])
            }
        }

        @Test func whatADeadProcessLeftIsCleared() throws {
            try withHost(.xfs) { _, host in
                let image = try ScratchDirectory.sparseFile(at: host.appending("image"), byteCount: 1 << 20)
                func takeAndForget() throws -> PointInTimeLease? {
                    let method = try chosen(image)
                    try method.prepare()
                    return try method.take().lease
                }
                let first = try #require(try takeAndForget())
                try CloneMethod.clear(first)
                #expect(try leftovers(in: host) == [])
                // One that was filled is of a snapshot that may be resumed, perhaps of another root.
                let second = try #require(try takeAndForget())
                #expect(CloneMethod.clearLeftovers(in: host, except: [first]).isEmpty)
                #expect(try leftovers(in: host).count == 1)
                try CloneMethod.clear(second)
                // One that is empty was left before anybody could be told of it; the next clone clears it away.
                func prepareAndForget() throws { try chosen(image).prepare() }
                try prepareAndForget()
                #expect(try leftovers(in: host).count == 1)
                let next = try chosen(image)
                try next.prepare()
                #expect(try leftovers(in: host).count == 1)
                next.abandon()
                #expect(try leftovers(in: host) == [] && File.exists(image))
            }
        }

        /// A lease whose file was replaced is not that file's.
        @Test func anotherFileInThePlaceOfAClone() throws {
            try withHost(.xfs) { _, host in
                let image = try ScratchDirectory.sparseFile(at: host.appending("image"), byteCount: 1 << 20)
                let method = try chosen(image)
                try method.prepare()
                let taken = try method.take()
                guard case .clone(let path, let inode, let offset, let byteCount, let changed)? = taken.lease else {
                    Issue.record("no lease")
                    return
                }
                func lease(of inode: UInt64, _ changed: Int64?) -> PointInTimeLease {
                    .clone(path: path, inode: inode, offset: offset, byteCount: byteCount, contentsChanged: changed)
                }
                let other = lease(of: inode + 1, changed)
                #expect(consistencyError { _ = try CloneMethod.reopen(other) }?.code == .pointInTimeLost)
                // Planned only, or written to while nobody had it.
                for lease in [lease(of: inode, nil), lease(of: inode, (changed ?? 0) - 1)] {
                    #expect(consistencyError { _ = try CloneMethod.reopen(lease) }?.code == .pointInTimeLost)
                }
                try CloneMethod.clear(other)
                #expect(try leftovers(in: host).count == 1)
                // Written to, it is not of its instant any more.
                try File.overwrite(FilePath(path), [1], at: 0)
                #expect(consistencyError { try taken.confirm() }?.code == .pointInTimeLost)
                taken.release()
                #expect(try leftovers(in: host) == [])
            }
        }

        @Test func anAbandonedCloneLeavesNothing() throws {
            try withHost(.btrfs) { _, host in
                let image = try ScratchDirectory.sparseFile(at: host.appending("image"), byteCount: 1 << 20)
                let method = try chosen(image)
                try method.prepare()
                #expect(try leftovers(in: host).count == 1)
                method.abandon()
                method.abandon()
                #expect(try leftovers(in: host) == [])
            }
        }

        @Test func aCloneNeedsRoom() throws {
            try withHost(.xfs) { _, host in
                let image = try ScratchDirectory.sparseFile(at: host.appending("image"), byteCount: 100 << 20)
                try Command.check("fallocate", "-l", "100M", image.string)
                let rest = try OwnedDescriptor(opening: host, .readOnly, options: .directory).availableByteCount()
                try Command.check("fallocate", "-l", String(rest - (20 << 20)), host.appending("filler").string)
                let method = try chosen(image)
                let error = consistencyError { try method.prepare() }
                #expect(error?.code == .noReserve && error?.description.contains("\(host)") == true)
                #expect(try leftovers(in: host) == [])
            }
        }

        @Test func aCloneIsMadeWhereItIsWanted() throws {
            try withHost(.xfs) { _, host in
                let image = try ScratchDirectory.sparseFile(at: host.appending("image"), byteCount: 1 << 20)
                let place = try ScratchDirectory.folder(at: host.appending("clones"))
                let facts = try VolumeFacts.inspect(image)
                let inspection = try VolumeInspection.inspect(facts, cloneDirectory: place)
                let method = try MethodChooser().choose(inspection, PointInTimeOptions())
                try method.prepare()
                let taken = try method.take()
                #expect(try leftovers(in: place).count == 1 && leftovers(in: host) == [])
                taken.release()
                #expect(try leftovers(in: place) == [])
            }
        }

        @Test func namesFit() {
            let long = FilePath("/a/" + String(repeating: "ä", count: 127))
            #expect(
                CloneFile.name(for: long).utf8.count <= 255 && CloneFile.name(for: long) != CloneFile.name(for: long))
            #expect(CloneFile.name(for: "/a/disk.img").hasPrefix(".disk.img."))
        }

        // MARK: - exclusive, freeze, none

        @Test func exclusiveHoldsTheVolume() throws {
            try ScratchDirectory.with { directory in
                let bytes = SeededRandom.bytes(1 << 20, seed: 8)
                try LoopDevice.with(over: try directory.file("image", bytes)) { loop in
                    let method = try chosen(loop.path)
                    try method.prepare()
                    let other = try chosen(loop.path) { $0.method = ConsistencyMethod.none }
                    let taken = try method.take()
                    method.abandon()
                    #expect(consistencyError { _ = try chosen(loop.path) }?.code == .inUse)
                    #expect(try allBytes(try other.take().reader) == bytes)
                    #expect(try allBytes(taken.reader) == bytes)
                    try taken.tend()
                    try taken.confirm()
                    #expect(taken.lease == nil)
                    try File.overwrite(loop.path, SeededRandom.bytes(4_096, seed: 9), at: 0)
                    #expect(consistencyError { try taken.confirm() }?.device?.code == .changedWhileRead)
                    taken.release()
                    taken.release()
                    #expect(try chosen(loop.path).method == .exclusive)
                }
            }
        }

        @Test func exclusiveGivesUpWhatItPrepared() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 1 << 20)
                try LoopDevice.with(over: image) { loop in
                    let method = try chosen(loop.path)
                    try method.prepare()
                    #expect(try inspect(loop.path).users.hiddenClaims == [loop.path])
                    method.abandon()
                    #expect(try inspect(loop.path).users.hiddenClaims == [])
                }
            }
        }

        /// Of the device, and of the image file that it shows.
        @Test(arguments: [true, false])
        func freezeHasWhatWasWritten(ofDevice: Bool) throws {
            try withHost(.ext4) { directory, host in
                let image = directory.appending("host.image")
                let device = try #require(try inspect(image).users.loops.first)
                let bytes = SeededRandom.bytes(3 << 20, seed: 10)
                try OwnedDescriptor(opening: host.appending("file"), .writeOnly, options: .create).write(bytes, at: 0)
                let method = try #require(
                    try chosen(ofDevice ? device : image) { $0.method = .freeze } as? FreezeMethod)
                try method.prepare()
                let copy = try frozen(method.targets(isInSet: false)) {
                    let taken = try method.take()
                    defer { taken.release() }
                    // Nobody told how to know.
                    #expect(consistencyError { try taken.confirm() }?.code == .pointInTimeLost)
                    method.watch {}
                    try taken.tend()
                    let copy = try directory.file("copy", try allBytes(taken.reader))
                    try taken.confirm()
                    method.watch { () throws(ConsistencyError) in throw ConsistencyError(.freezeExpired, "late") }
                    #expect(consistencyError { try taken.tend() }?.code == .freezeExpired)
                    return copy
                }
                try Command.check("fsck.ext4", "-f", "-n", copy.string)
                try Command.check("debugfs", "-R", "dump /file \(directory.appending("out"))", copy.string)
                #expect(try File.bytes(of: directory.appending("out"), 4 << 20) == bytes)
            }
        }
    }
}
