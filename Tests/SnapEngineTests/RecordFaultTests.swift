import SnapCatalogue
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapEngine

/// The nth call to the object store fails while records change, for n = 0, 1, …
@Suite("Faults while records change")
struct RecordFaultTests {
    enum Change: CaseIterable {
        case tagging, locking, binning, restoring, deleting, sharing

        func run(_ engine: Engine, _ id: SnapshotID, _ round: Int) throws {
            switch self {
            case .tagging:
                try engine.setTags([id.rawValue, try engine.snapshot(id).volume.id.rawValue], Self.tags(round))
            case .locking:
                let terms = SnapshotLockTerms(mode: .governance, term: .days(round + 1))
                _ = try engine.lock(LockRequest(snapshot: id, terms: terms))
            case .binning: _ = try engine.deleteSnapshot(id)
            case .restoring: _ = try engine.restoreFromBin(id)
            case .deleting: _ = try engine.deleteSnapshot(id, options: DeleteOptions(skipsBin: true))
            case .sharing: _ = try engine.modifyPermissions(id, add: [.user("\(100_000_000_000 + round)")], remove: [])
            }
        }

        static func tags(_ round: Int) -> [SnapshotTag] { [SnapshotTag(key: "round", value: "\(round)")] }
    }

    /// Fails one call, and says which.
    private final class Plan: Sendable {
        private let state: Mutex<(left: Int, fired: String?)>
        private let moment: FaultMoment

        init(_ number: Int, _ moment: FaultMoment) {
            state = Mutex((number, nil))
            self.moment = moment
        }

        var fired: String? { state.withLock { $0.fired } }

        func hook(_ call: ObjectCall, _ key: String, _ moment: FaultMoment) throws(StoreError) {
            guard moment == self.moment, !key.hasSuffix("store.json") else { return }
            let isNow = state.withLock { state in
                state.left -= 1
                if state.left == -1 { state.fired = "\(call) of \(key)" }
                return state.left == -1
            }
            if isNow { throw StoreError(.failed, key, "\(call) of \(key) was made to fail") }
        }
    }

    /// After each fault the next to open the root finds the records as they were, or as they were to be; the store says
    /// the same as the catalogue; and the change can be made.
    @Test(arguments: Change.allCases, [FaultMoment.before, .after])
    func ofEveryCall(_ change: Change, _ moment: FaultMoment) throws {
        try Bench.withSnapshot { bench, engine, kept in
            let volume = bench.directory.appending("volume")
            var (number, firedCount) = (0, 0)
            while true {
                let id = try engine.create(volume).id
                if change == .restoring { _ = try engine.deleteSnapshot(id) }
                let before = try engine.catalogue.snapshot(id, in: .anywhere)
                let plan = Plan(number, moment)
                // Nothing is left to recover: the first call is the change's own.
                let faulty = try bench.open(plan.hook)
                let error = engineError { try change.run(faulty, id, number) }
                guard let fired = plan.fired else {
                    #expect(error == nil)
                    break
                }
                #expect(error != nil, "\(fired)")
                firedCount += 1
                let comment = "\(change) \(moment) \(fired)"
                try check(bench, before, change, number, comment)
                try bench.expectRebuildChangesNothing(comment)
                #expect(try bench.open().isWhole(kept.id), "\(comment)")
                number += 1
                if number > 20 { Issue.record("\(comment): no end") }
                if number > 20 { break }
            }
            #expect(firedCount >= 1)
        }
    }

    private func check(
        _ bench: Bench, _ before: Snapshot, _ change: Change, _ round: Int, _ comment: String
    ) throws {
        let engine = try bench.open()
        #expect(try engine.catalogue.begunChanges().isEmpty, "\(comment)")
        let now = try? engine.catalogue.snapshot(before.id, in: .anywhere)
        if change == .deleting {
            // Once it was told to be gone, it is: what is left to do is done by the next who empties the bin.
            #expect(now?.bin != nil || now == before || now == nil, "\(comment)")
            _ = try engine.purgeBin()
            return
        }
        let found = try #require(now, "\(comment)")
        #expect(found.image == before.image && (before.revision...before.revision + 1).contains(found.revision))
        if found.revision == before.revision {
            #expect(found.bin == before.bin && found.tags == before.tags, "\(comment)")
        }
        guard found.revision == before.revision else { return }
        try change.run(engine, before.id, round)
        #expect(try engine.catalogue.snapshot(before.id, in: .anywhere).revision == before.revision + 1, "\(comment)")
    }

    /// A process died between the two: the record is ahead, and is believed.
    @Test func theHigherRevisionWins() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            var ahead = snapshot
            ahead.tags = Change.tags(1)
            ahead.revision = 2
            var volume = snapshot.volume
            volume.tags = Change.tags(2)
            volume.revision = 1
            try engine.catalogue.beginChange(RecordSet(snapshots: [snapshot.id], volumes: [volume.id]))
            try engine.store.write(SnapshotRecord(ahead))
            try engine.store.write(VolumeRecord(volume))
            let next = try bench.open()
            #expect(try next.snapshot(snapshot.id).tags == ahead.tags && next.snapshot(snapshot.id).revision == 2)
            #expect(try next.volumes() == [volume])
            // Another died before it came to the store.
            try next.catalogue.beginChange(RecordSet(snapshots: [snapshot.id], volumes: [volume.id]))
            let third = try bench.open()
            #expect(try third.snapshot(snapshot.id).tags == ahead.tags && third.volumes() == [volume])
            #expect(try third.catalogue.begunChanges().isEmpty)
            try bench.expectRebuildChangesNothing()
        }
    }

    /// A process died after it had told the catalogue that the snapshot is gone.
    @Test func aDeletionThatWasCutOffIsFinished() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            var gone = snapshot
            let now = Timestamp.now()
            gone.bin = RecycleBinStay(enterTime: now, exitTime: now)
            #expect(try engine.catalogue.finishChange(snapshots: [gone]))
            let next = try bench.open()
            #expect(try next.snapshots([]).isEmpty && next.binnedSnapshots(at: now).isEmpty)
            #expect(engineError { _ = try next.restoreFromBin(snapshot.id, at: now) }?.code == .snapshotNotFound)
            #expect(try bench.recordCount() == 1 && next.purgeBin(at: now) == [snapshot.id])
            #expect(try bench.recordCount() == 0)
        }
    }

    /// While one process changes records, another waits, and both changes are there at the end.
    @Test func changesAtOnce() throws {
        try Bench.withSnapshot { bench, _, snapshot in
            let group = WorkerGroup()
            for thread in 0..<4 {
                group.start("tags") { _ in
                    do {
                        let engine = try bench.open()
                        for number in 0..<5 { try engine.tag(snapshot.id, "\(thread)-\(number)") }
                    } catch {
                        Issue.record(error)
                    }
                }
            }
            group.wait()
            let found = try bench.open().snapshot(snapshot.id)
            #expect(found.tags.count == 20 && found.revision == 21)
            try bench.expectRebuildChangesNothing()
        }
    }

    /// A worker died after it had written the record; since then the snapshot was tagged.
    @Test func whatWasTaggedAfterItsRecordWasWritten() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            var pending = snapshot
            pending.id = .random()
            try engine.store.write(SnapshotRecord(pending))
            (pending.state, pending.image, pending.completionTime) = (.pending, nil, nil)
            let dead = try #require(ProcessIdentity("4194303-1-000000000000"))
            try engine.catalogue.insert([pending], worker: dead, request: "")
            try engine.tag(pending.id, "late")
            let recovered = try bench.open().snapshot(pending.id)
            #expect(recovered.state == .completed && recovered.tags.map(\.key) == ["late"] && recovered.revision == 2)
            try bench.withRebuiltTwin { _, twin in
                let rebuilt = try twin.snapshot(pending.id)
                #expect(rebuilt.tags == recovered.tags && rebuilt.revision == 2)
            }
        }
    }
}
