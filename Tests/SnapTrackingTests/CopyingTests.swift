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
