import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapEngine

/// The nth call to the object store fails, for n = 0, 1, …
@Suite("Faults of the store")
struct FaultTests {
    /// Fails one call, and counts.
    private final class Plan: Sendable {
        private let state: Mutex<(left: Int, fired: String?)>
        private let moment: FaultMoment
        private let code: StoreError.Code

        init(_ number: Int, _ moment: FaultMoment, _ code: StoreError.Code) {
            state = Mutex((number, nil))
            (self.moment, self.code) = (moment, code)
        }

        /// What failed; nil if nothing did.
        var fired: String? { state.withLock { $0.fired } }

        func hook(_ call: ObjectCall, _ key: String, _ moment: FaultMoment) throws(StoreError) {
            guard moment == self.moment else { return }
            let isNow = state.withLock { state in
                state.left -= 1
                if state.left == -1 { state.fired = "\(call) of \(key)" }
                return state.left == -1
            }
            if isNow { throw StoreError(code, key, "\(call) of \(key) was made to fail") }
        }
    }

    @Test(arguments: [(FaultMoment.before, 11), (.between, 1), (.after, 10)])
    func ofEveryCallOfACreate(_ moment: FaultMoment, _ leastCount: Int) throws {
        try Bench.with { bench in
            let source = BlockBytes(byteCount: 6 << 20 + 777, seed: 1)
            let volume = try bench.directory.file("volume", source.bytes(round: 0))
            var expected: [SnapshotID: Int] = [try bench.open().create(volume).id: 0]
            var number = 0
            var survived: [String] = []
            while true {
                let round = number + 1
                try File.overwrite(volume, source.bytes(round: round), at: 0)
                let plan = Plan(number, moment, number.isMultiple(of: 2) ? .noSpace : .failed)
                do {
                    let snapshot = try bench.open(plan.hook).create(volume)
                    expected[snapshot.id] = round
                    if let fired = plan.fired { survived.append(fired) }
                } catch let error as EngineError {
                    #expect([.storeFull, .failed].contains(error.code), "\(error)")
                    #expect(plan.fired != nil, "\(error)")
                }
                guard let fired = plan.fired else { break }
                try check(bench, expected, "\(moment) \(fired)")
                let retry = try bench.open().create(volume)
                expected[retry.id] = round
                number += 1
            }
            print("\(moment): \(number) calls failed; survived: \(survived)")
            #expect(number >= leastCount)
            try checkContents(bench, expected, source)
            let before = try bench.open().snapshots([]).filter { $0.state == .completed }
            try bench.rebuild()
            let after = try bench.open().snapshots([])
            #expect(after.map(\.id) == before.map(\.id), "what failed does not come back with a rebuild")
            try checkContents(bench, expected, source)
        }
    }

    /// Nothing is pending, nothing is left behind, and what was completed is whole.
    private func check(_ bench: Bench, _ expected: [SnapshotID: Int], _ fault: String) throws {
        let engine = try bench.open()
        let snapshots = try engine.snapshots([])
        #expect(!snapshots.contains { $0.state == .pending }, "\(fault)")
        #expect(Set(snapshots.filter { $0.state == .completed }.map(\.id)) == Set(expected.keys), "\(fault)")
        for snapshot in snapshots where snapshot.state == .error {
            #expect(snapshot.stateMessage?.isEmpty == false, "\(fault)")
        }
        #expect(try bench.unfinished().isEmpty, "\(fault)")
        #expect(try bench.recordCount() == expected.count, "\(fault)")
        guard let last = snapshots.first(where: { $0.state == .completed }) else { return }
        #expect(try engine.isWhole(last.id), "\(fault)")
    }

    private func checkContents(_ bench: Bench, _ expected: [SnapshotID: Int], _ source: BlockBytes) throws {
        let engine = try bench.open()
        for (id, round) in expected {
            #expect(try engine.bytes(of: id, in: bench.directory) == source.bytes(round: round), "\(id)")
        }
    }

    /// Readers wait for buffers that only workers give back: a failure of the writer must not leave them waiting.
    @Test(arguments: [ObjectCall.append, .publish])
    func ofTheWriterWakesEverybody(_ call: ObjectCall) throws {
        try Bench.with { bench in
            // Some blocks that fill a segment; then many that are read at once, being holes but for their start, and
            // cost the one worker time.
            let volume = try bench.directory.sparseFile("volume", byteCount: 600 << 20)
            try File.overwrite(volume, SeededRandom.bytes(12 << 20, seed: 1), at: 0)
            for index in 24..<1_200 {
                try File.overwrite(
                    volume,
                    SeededRandom.bytes(64, seed: UInt64(index)),
                    at: index * BlockGeometry.byteCount
                )
            }
            var slow = bench
            slow.configuration.workerCount = 1
            let hasEnded = endsInTime { [slow] in
                let error = engineError {
                    let engine = try slow.open { (asked, key, moment) throws(StoreError) in
                        if asked == call, moment == .before { throw StoreError(.noSpace, key, "no space") }
                    }
                    try engine.create(volume)
                }
                #expect(error?.code == .storeFull)
            }
            #expect(hasEnded)
            if hasEnded { #expect(try bench.unfinished().isEmpty) }
        }
    }

    /// Packs that wait for their turn when the run is cancelled are nobody's any more.
    @Test func aCancelledRunLeavesNoPacks() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(40 << 20, seed: 1))
            let cancellation = CancellationFlag()
            // The first barrier takes long; others queue behind it, until somebody loses patience.
            let engine = try bench.open { (call, _, moment) throws(StoreError) in
                guard call == .publish, moment == .before else { return }
                usleepMilliseconds(700)
                cancellation.cancel("enough")
                usleepMilliseconds(700)
            }
            let error = engineError {
                _ = try engine.create(
                    CreateRequest(volumes: [volume.string]),
                    progress: TransferProgress(),
                    cancellation: cancellation
                )
            }
            // Everything may have been read by then.
            #expect(error == nil || error?.code == .cancelled)
            #expect(try bench.unfinished().isEmpty)
        }
    }
}
