import Dispatch
import SnapModel
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapTracking

extension Tracking {
    /// Copies by marks: take the marks, then read.
    @Suite struct Copies {
        /// Two threads write random units past the page cache while the device is copied again and again; once they have ended,
        /// what is marked is copied, and the copy is the device.
        @Test(arguments: 1...5)
        func aCopyUnderWritersIsExactInTheEnd(seed: UInt64) throws {
            let byteCount = 16 << 20
            try withDisk(byteCount: byteCount) { _, disk in
                let tracker = try tracker(disk.path, byteCount: byteCount)
                let copy = try AlignedBuffer(byteCount: byteCount)
                let device = try OwnedDescriptor(opening: disk.path, .readOnly, options: .direct)
                let isStopped = Atomic(false)
                let writers = WorkerGroup()
                let counter = Counter()
                writers.start("writer", count: 2) { number in
                    var random = SeededRandom(seed: seed * 10 + UInt64(number))
                    guard let device = try? OwnedDescriptor(opening: disk.path, .writeOnly, options: .direct),
                        let buffer = try? AlignedBuffer(byteCount: unit)
                    else { return }
                    while !isStopped.load(ordering: .acquiring) {
                        let unitNumber = Int.random(in: 0..<byteCount / unit, using: &random)
                        withUnsafeBytes(of: random.next()) { buffer.store(Array($0), at: 0) }
                        try? device.write(buffer, range: 0..<unit, at: unitNumber * unit)
                        counter.add()
                    }
                }
                _ = try device.read(into: copy, range: 0..<byteCount, at: 0)
                var passes: [Int] = []
                while counter.value < 300 || passes.count < 10 {
                    passes.append(try copyMarked(tracker, device, copy))
                }
                isStopped.store(true, ordering: .releasing)
                writers.wait()
                _ = try copyMarked(tracker, device, copy)
                // Some kernels do leave out programs now and then; once is enough to know it.
                if try tracker.reconcile(isAtRest: true) == .completed {
                    _ = try copyMarked(tracker, device, copy)
                    #expect(try tracker.reconcile(isAtRest: true) == .complete)
                }
                #expect(passes.contains { $0 > 0 })
                let rest = changedUnits(
                    copy.copyBytes(0..<byteCount), try readDirectly(disk.path, byteCount: byteCount))
                #expect(rest == [], "seed \(seed), passes \(passes)")
            }
        }

        /// Programs that look in the wrong place take writes for reads, or those of another disk: the kernel's own count knows,
        /// and the other watch has the marks.
        @Test(arguments: ["operation", "device", "count"])
        func whatOneWatchMissesTheOtherHas(field: String) throws {
            try withTracker(ended: try Self.broken(.requestCompleted(), field), asked: try .transferQueued()) {
                disk, tracker in
                #expect(try tracker.reconcile(isAtRest: true) == .complete)
                // Reads, too, which are taken for writes.
                _ = try readDirectly(disk.path, byteCount: 1 << 20)
                try writeDirectly(disk.path, at: 70 * unit, byteCount: 512)
                #expect(try tracker.reconcile(isAtRest: true) == .completed)
                #expect(tracker.takenUnits.contains(70))
                #expect(try tracker.reconcile(isAtRest: true) == .complete)
                // Once more, and what was missed before comes back with it.
                _ = try readDirectly(disk.path, byteCount: 1 << 20)
                try writeDirectly(disk.path, at: 90 * unit, byteCount: 512)
                #expect(try tracker.reconcile(isAtRest: true) == .completed)
                #expect(tracker.takenUnits.isSuperset(of: [70, 90]))
            }
        }

        /// The kernel tells of what is asked of a partition by the number of its disk, and counts it for the partition.
        @Test(arguments: ["operation", "device", "count"])
        func whatOneWatchMissesOfAPartitionTheOtherHas(field: String) throws {
            try withPartitions { disk in
                let extent = try extent(ofPartition: disk.partition(1), of: disk.path)
                let tracker = try WriteTracker(
                    byteCount: extent.onDisk.byteCount, [extent], ended: try Self.broken(.requestCompleted(), field),
                    asked: try .transferQueued())
                // Nobody's business.
                try writeDirectly(disk.partition(2), at: 0, byteCount: 64 * unit)
                try writeDirectly(disk.partition(1), at: 70 * unit, byteCount: 2 * unit)
                // A read, which is taken for a write.
                _ = try readDirectly(disk.partition(1), byteCount: 1 << 20)
                #expect(try tracker.reconcile(isAtRest: true) == .completed)
                let taken = tracker.takenUnits
                #expect(taken.isSuperset(of: [70, 71]))
                #expect(try tracker.reconcile(isAtRest: true) == .complete)
            }
        }

        /// As whatever merges discards tells: nothing but the first place of each.
        @Test func mergedDiscardsOfAPartitionAreMarked() throws {
            try withPartitions { disk in
                let extent = try extent(ofPartition: disk.partition(1), of: disk.path, mergesDiscards: true)
                let tracker = try WriteTracker(
                    byteCount: extent.onDisk.byteCount, [extent], ended: try .requestCompleted(),
                    asked: try .transferQueued())
                try Command.check("blkdiscard", "-f", "-o", "1048576", "-l", "65536", disk.partition(1).string)
                try Command.check("blkdiscard", "-f", "-o", "0", "-l", "65536", disk.partition(2).string)
                _ = tracker.takeAll()
                #expect(tracker.isMarked(256), "what is asked for is known before it has ended")
                #expect(try tracker.markDiscards())
                #expect(tracker.takeAll() == [256..<272])
                #expect(try tracker.reconcile(isAtRest: true) == .complete)
            }
        }

        /// Where all that is known of discards is what is asked for, that must be all.
        @Test func whatIsMissedOfMergedDiscardsIsLost() throws {
            try withPartitions { disk in
                let extent = try extent(ofPartition: disk.partition(1), of: disk.path, mergesDiscards: true)
                let tracker = try WriteTracker(
                    byteCount: extent.onDisk.byteCount, [extent], ended: try .requestCompleted(),
                    asked: try Self.broken(.transferQueued(), "device"))
                try Command.check("blkdiscard", "-f", "-o", "1048576", "-l", "65536", disk.partition(1).string)
                #expect(try tracker.reconcile(isAtRest: true) == .lost)
                try tracker.restart()
                #expect(try tracker.reconcile(isAtRest: true) == .complete)
            }
        }

        private func withPartitions(_ body: (LoopDevice) throws -> Void) throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("disk", byteCount: 32 << 20)
                let table = "label: gpt\nstart=2049, size=16384\nstart=20480, size=8192\n"
                try Command.check("sfdisk", "-q", image.string, input: table)
                try LoopDevice.with(over: image, .init(hasPartitions: true), body)
            }
        }

        @Test(arguments: ["device", "count"])
        func whatBothWatchesMissIsLost(field: String) throws {
            let ended = try Self.broken(.requestCompleted(), field)
            try withTracker(ended: ended, asked: try Self.broken(.transferQueued(), field)) { disk, tracker in
                try writeDirectly(disk.path, at: 70 * unit, byteCount: 512)
                #expect(try tracker.reconcile(isAtRest: true) == .completed)
                #expect(try tracker.reconcile(isAtRest: true) == .lost)
                // Somebody has read all of it.
                try tracker.restart()
                #expect(try tracker.reconcile(isAtRest: true) == .complete)
            }
        }

        /// Where the first watch sees all, the second is not needed.
        @Test func theSecondWatchMayMissWhatTheFirstSaw() throws {
            let asked = try Self.broken(.transferQueued(), "operation")
            try withTracker(ended: try .requestCompleted(), asked: asked) { disk, tracker in
                try writeDirectly(disk.path, at: 70 * unit, byteCount: 512)
                #expect(try tracker.reconcile(isAtRest: true) == .complete)
                #expect(tracker.takeAll() == [70..<71])
            }
        }

        private static func broken(_ tracepoint: Tracepoint, _ field: String) throws -> Tracepoint {
            var tracepoint = tracepoint
            switch field {
            case "operation": tracepoint.operation += 4
            case "device": tracepoint.device += 4
            default: tracepoint.sectorCount += 4
            }
            return tracepoint
        }

        private func withTracker(
            ended: Tracepoint, asked: Tracepoint, _ body: (LoopDevice, WriteTracker) throws -> Void
        ) throws {
            try withDisk(byteCount: 8 << 20) { _, disk in
                let number = try FileStatus(of: disk.path).device
                let extent = TrackedExtent(disk: number, onDisk: ByteExtent(offset: 0, byteCount: 8 << 20))
                try body(disk, try WriteTracker(byteCount: 8 << 20, [extent], ended: ended, asked: asked))
            }
        }

        private func copyMarked(
            _ tracker: WriteTracker, _ device: borrowing OwnedDescriptor, _ copy: borrowing AlignedBuffer
        ) throws -> Int {
            let runs = tracker.takeAll()
            for run in runs {
                let range = run.lowerBound * unit..<run.upperBound * unit
                _ = try device.read(into: copy, range: range, at: range.lowerBound)
            }
            return runs.reduce(0) { $0 + $1.count }
        }
    }
}
