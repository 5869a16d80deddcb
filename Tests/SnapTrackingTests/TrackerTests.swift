import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapTracking

extension Tracking {
    /// On devices themselves, where it is known to the unit what is written.
    @Suite struct Devices {
        @Test func marksAreWhatWasWritten() throws {
            try withDisk(byteCount: 64 << 20) { _, disk in
                let tracker = try tracker(disk.path, byteCount: 64 << 20)
                #expect(KernelPrograms.count(of: ProcessIdentity.current.number) >= 1)
                #expect(tracker.takeAll() == [])
                try writeDirectly(disk.path, at: 0, byteCount: unit)
                try writeDirectly(disk.path, at: 63 * unit, byteCount: 3 * unit)
                // Part of a unit, and the end of the volume.
                try writeDirectly(disk.path, at: 1_000 * unit + 1_024, byteCount: 512)
                try writeDirectly(disk.path, at: (64 << 20) - 512, byteCount: 512)
                #expect(tracker.count().unitCount == 6)
                #expect(tracker.isMarked(64) && !tracker.isMarked(1))
                #expect(tracker.takeAll() == [0..<1, 63..<66, 1_000..<1_001, 16_383..<16_384])
                #expect(tracker.takeAll() == [] && tracker.count() == MarkCount())
                #expect(try tracker.reconcile(isAtRest: true) == .complete)
            }
        }

        @Test func aSeriesOfWritesOfAllSizes() throws {
            try withDisk(byteCount: 32 << 20) { _, disk in
                let tracker = try tracker(disk.path, byteCount: 32 << 20)
                var random = SeededRandom(seed: 7)
                for _ in 0..<100 {
                    let count = Int.random(in: 1...40, using: &random) * unit
                    let offset = Int.random(in: 0...((32 << 20) - count) / 512, using: &random) * 512
                    try writeDirectly(disk.path, at: offset, byteCount: count)
                    #expect(tracker.takeAll() == [offset / unit..<(offset + count + unit - 1) / unit])
                }
            }
        }

        @Test func readsMarkNothing() throws {
            try withDisk(byteCount: 8 << 20) { _, disk in
                try writeDirectly(disk.path, at: 0, byteCount: 1 << 20)
                let tracker = try tracker(disk.path, byteCount: 8 << 20)
                _ = try readDirectly(disk.path, byteCount: 8 << 20)
                _ = try File.bytes(of: disk.path, 8 << 20)
                // A flush alone changes nothing either.
                try OwnedDescriptor(opening: disk.path, .writeOnly).synchronise()
                #expect(tracker.takeAll() == [])
            }
        }

        @Test func whatLiesInThePageCacheIsMarkedOnceItIsWritten() throws {
            try withDisk(byteCount: 8 << 20) { _, disk in
                let tracker = try tracker(disk.path, byteCount: 8 << 20)
                try File.overwrite(disk.path, [1, 2, 3], at: 100_000)
                #expect(tracker.takeAll() == [24..<25])
            }
        }

        /// Marks of 2 MiB may say too much by that, and never too little.
        @Test(arguments: [[], ["-z"]])
        func discardsAndZeroesMark(choices: [String]) throws {
            try withDisk(byteCount: 256 << 20) { _, disk in
                let tracker = try tracker(disk.path, byteCount: 256 << 20)
                try Command.check(["blkdiscard", "-f"] + choices + ["-o", "1048576", "-l", "8192", disk.path.string])
                #expect(tracker.takeAll() == [256..<258])
                try Command.check(
                    ["blkdiscard", "-f"] + choices + ["-o", "\(33 << 20)", "-l", "\(100 << 20)", disk.path.string])
                let marked = tracker.takenUnits
                #expect(marked.isSuperset(of: (33 << 20) / unit..<(133 << 20) / unit))
                #expect(marked.count <= (104 << 20) / unit)
                #expect(try tracker.reconcile(isAtRest: true) == .complete)
            }
        }

        @Test func aPartitionCountsFromItsStart() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("disk", byteCount: 32 << 20)
                // From a sector that no unit of the disk begins at.
                let table = "label: gpt\nstart=2049, size=16384\nstart=20480, size=8192\n"
                try Command.check("sfdisk", "-q", image.string, input: table)
                try LoopDevice.with(over: image, .init(hasPartitions: true)) { disk in
                    let first = try tracker(disk.path, byteCount: 8 << 20, from: 2_049 * 512)
                    let second = try tracker(disk.path, byteCount: 4 << 20, from: 20_480 * 512)
                    try writeDirectly(disk.partition(1), at: 5 * unit, byteCount: 2 * unit)
                    #expect(first.takeAll() == [5..<7])
                    #expect(second.takeAll() == [])
                    try writeDirectly(disk.partition(2), at: 0, byteCount: unit)
                    #expect(first.takeAll() == [])
                    #expect(second.takeAll() == [0..<1])
                    // Over both, and what is between.
                    try Command.check("blkdiscard", "-f", disk.path.string)
                    #expect(first.takeAll() == [0..<2_048])
                    #expect(second.takeAll() == [0..<1_024])
                }
            }
        }

        @Test func sectorsOf4KiB() throws {
            try withDisk(byteCount: 16 << 20, .init(sectorByteCount: 4_096)) { _, disk in
                let tracker = try tracker(disk.path, byteCount: 16 << 20)
                try writeDirectly(disk.path, at: 7 * unit, byteCount: unit)
                #expect(tracker.takeAll() == [7..<8])
            }
        }

        @Test func twoDisksAtOnce() throws {
            try withDisk(byteCount: 8 << 20) { _, one in
                try withDisk(byteCount: 8 << 20) { _, other in
                    let trackers = [
                        try tracker(one.path, byteCount: 8 << 20), try tracker(other.path, byteCount: 8 << 20),
                    ]
                    #expect(KernelPrograms.count(of: ProcessIdentity.current.number) >= 2)
                    try writeDirectly(one.path, at: unit, byteCount: unit)
                    try writeDirectly(other.path, at: 2 * unit, byteCount: unit)
                    #expect(trackers.map { $0.takeAll() } == [[1..<2], [2..<3]])
                }
            }
        }

        /// Several extents, as of a volume that is made of parts of disks.
        @Test func extentsLieWhereTheyAreInTheVolume() throws {
            try withDisk(byteCount: 8 << 20) { _, disk in
                let number = try FileStatus(of: disk.path).device
                let (late, early) = (
                    ByteExtent(offset: 4 << 20, byteCount: 1 << 20), ByteExtent(offset: 0, byteCount: 1 << 20)
                )
                let tracker = try WriteTracker(
                    byteCount: 2 << 20,
                    [
                        TrackedExtent(disk: number, onDisk: late, volumeOffset: 0),
                        TrackedExtent(disk: number, onDisk: early, volumeOffset: 1 << 20),
                    ])
                try writeDirectly(disk.path, at: (1 << 20) - unit, byteCount: 2 * unit)
                try writeDirectly(disk.path, at: 4 << 20, byteCount: unit)
                #expect(tracker.takeAll() == [0..<1, 511..<512])
            }
        }
    }
}
