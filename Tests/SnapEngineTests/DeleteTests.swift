import Dispatch
import SnapCatalogue
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapEngine

@Suite("Deleting")
struct DeleteTests {
    private let forGood = DeleteOptions(skipsBin: true)

    /// EBS's rule: what others share stays with them.
    @Test func othersKeepWhatTheyShare() throws {
        try Bench.with { bench in
            let blocks = BlockBytes(byteCount: 6 << 20, seed: 3)
            let volume = try bench.directory.file("volume", blocks.bytes(round: 0))
            let engine = try bench.open()
            let first = try engine.create(volume)
            try File.overwrite(volume, SeededRandom.bytes(BlockGeometry.byteCount, seed: 4), at: 0)
            let second = try engine.create(volume)
            try File.overwrite(volume, SeededRandom.bytes(BlockGeometry.byteCount, seed: 5), at: 0)
            let third = try engine.create(volume)
            let contents = try File.read(volume, upTo: .max)
            #expect(try engine.deleteSnapshot(first.id, options: forGood).stay == nil)
            #expect(try engine.deleteSnapshot(second.id, options: forGood).snapshot.id == second.id)
            #expect(try engine.snapshots([]).map(\.id) == [third.id])
            #expect(engineError { _ = try engine.deleteSnapshot(first.id) }?.code == .snapshotNotFound)
            #expect(
                engineError { try engine.restore(first.id, to: bench.directory.appending("x")) }?.code
                    == .snapshotNotFound)
            #expect(try engine.isWhole(third.id) && bench.recordCount() == 1)
            try bench.expectRebuildChangesNothing()
            #expect(try bench.open().bytes(of: third.id, in: bench.directory) == contents)
            // What is stored still is not stored again.
            #expect(try bench.open().create(volume).image?.newByteCount == 0)
        }
    }

    @Test func intoTheBinAndOut() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            try engine.tag(snapshot.id, "Name", "kept")
            let old = try engine.snapshot(snapshot.id)
            let now = Timestamp.now()
            let stay = try #require(try engine.deleteSnapshot(snapshot.id, at: now).stay)
            #expect(stay == RecycleBinStay(enterTime: now, exitTime: now.later(days: 7)))
            #expect(try engine.snapshots([]).isEmpty && engine.binnedSnapshots().map(\.id) == [snapshot.id])
            #expect(engineError { try engine.tag(snapshot.id, "a") }?.code == .snapshotNotFound)
            #expect(engineError { _ = try engine.verify(snapshot.id) }?.code == .snapshotNotFound)
            #expect(engineError { _ = try engine.binnedSnapshots([.random()]) }?.code == .snapshotNotFound)
            try bench.expectRebuildChangesNothing()
            let next = try bench.open()
            #expect(try next.purgeBin(at: now.later(days: 6)).isEmpty)
            let restored = try next.restoreFromBin(snapshot.id, at: now.later(days: 6))
            #expect(restored.bin == nil && restored.tags == old.tags && restored.revision == old.revision + 2)
            #expect(try next.isWhole(snapshot.id) && next.binnedSnapshots().isEmpty)
            #expect(engineError { _ = try next.restoreFromBin(snapshot.id) }?.code == .snapshotNotFound)
            try bench.expectRebuildChangesNothing()
        }
    }

    @Test func theBinIsEmptiedInTime() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let now = Timestamp.now()
            _ = try engine.deleteSnapshot(snapshot.id, at: now)
            let end = now.later(days: 7)
            #expect(try engine.binnedSnapshots(at: end).isEmpty)
            #expect(engineError { _ = try engine.binnedSnapshots([snapshot.id], at: end) }?.code == .snapshotNotFound)
            #expect(engineError { _ = try engine.restoreFromBin(snapshot.id, at: end) }?.code == .snapshotNotFound)
            #expect(try engine.purgeBin(at: end) == [snapshot.id] && engine.purgeBin(at: end).isEmpty)
            #expect(try bench.recordCount() == 0)
            #expect(try engine.catalogue.snapshots(in: .anywhere).isEmpty)
        }
    }

    @Test func rulesAndTags() throws {
        try Bench.with { bench in
            var bench = bench
            bench.configuration.recycleBin = RecycleBinRules(
                days: 0, rules: [RecycleBinRules.Rule(tags: [TagSelector(key: "keep")], days: 30)])
            let volume = try bench.directory.file("volume", SeededRandom.bytes(1 << 20, seed: 7))
            let engine = try bench.open()
            let (plain, tagged) = (try engine.create(volume), try engine.create(volume))
            try engine.tag(tagged.id, "keep")
            let now = Timestamp.now()
            #expect(try engine.deleteSnapshot(plain.id, at: now).stay == nil)
            #expect(try engine.deleteSnapshot(tagged.id, at: now).stay?.exitTime == now.later(days: 30))
        }
    }

    @Test func whatIsLockedStays() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let now = Timestamp.now()
            func lock(_ mode: SnapshotLockMode, _ days: Int, _ coolOff: Int? = nil, at time: Timestamp) throws
                -> Snapshot
            {
                let terms = SnapshotLockTerms(mode: mode, term: .days(days), coolOffHours: coolOff)
                return try engine.lock(LockRequest(snapshot: snapshot.id, terms: terms), at: time)
            }
            func code(_ body: () throws -> Void) -> EngineError.Code? { engineError(body)?.code }
            #expect(code { _ = try engine.unlock(snapshot.id, at: now) } == .snapshotNotLocked)
            _ = try lock(.governance, 2, at: now)
            #expect(code { _ = try engine.deleteSnapshot(snapshot.id, options: forGood, at: now) } == .snapshotLocked)
            #expect(try engine.unlock(snapshot.id, at: now).lock == nil)
            _ = try lock(.compliance, 2, 5, at: now)
            #expect(code { _ = try engine.deleteSnapshot(snapshot.id, at: now) } == .snapshotLocked)
            #expect(try lock(.compliance, 1, 1, at: now.adding(hours: 4)).lock?.createTime == now)
            let later = now.adding(hours: 6)
            #expect(code { _ = try engine.unlock(snapshot.id, at: later) } == .snapshotLocked)
            #expect(code { _ = try lock(.governance, 9, at: later) } == .snapshotLocked)
            #expect(code { _ = try lock(.compliance, 9, 1, at: later) } == .invalidParameterCombination)
            #expect(code { _ = try lock(.governance, 9, 1, at: later) } == .invalidParameterCombination)
            #expect(code { _ = try lock(.compliance, 0, at: later) } == .invalidParameter)
            let extended = try lock(.compliance, 3, at: later)
            #expect(extended.lock?.expiryTime == later.later(days: 3) && extended.lock?.coolOffHours == 1)
            #expect(code { _ = try engine.deleteSnapshot(snapshot.id, at: later.later(days: 2)) } == .snapshotLocked)
            try bench.expectRebuildChangesNothing()
            let next = try bench.open()
            #expect(try next.lockedSnapshots().map(\.id) == [snapshot.id])
            #expect(engineError { _ = try next.deleteSnapshot(snapshot.id, at: later) }?.code == .snapshotLocked)
            // It has expired.
            #expect(
                engineError { _ = try next.unlock(snapshot.id, at: later.later(days: 3)) }?.code == .snapshotNotLocked)
            _ = try next.deleteSnapshot(snapshot.id, options: forGood, at: later.later(days: 3))
            #expect(try next.snapshots([]).isEmpty)
        }
    }

    @Test func whatIsReadStays() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let error = engineError {
                try bench.open().whileReading([snapshot.id]) { () throws(EngineError) in
                    _ = try engine.deleteSnapshot(snapshot.id)
                }
            }
            #expect(error?.code == .snapshotInUse && error?.explanation.contains("this process") == true)
            #expect(try engine.snapshot(snapshot.id) == snapshot && engine.snapshotsBeingRead().isEmpty)
            _ = try engine.deleteSnapshot(snapshot.id)
            #expect(try Directory.names(in: bench.configuration.root.appending("reading")).isEmpty)
        }
    }

    /// A restore that takes long, by another process's view of the store.
    @Test func aRestoreIsNotDisturbed() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let (hasBegun, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            let slow = try bench.open { (call, key, moment) throws(StoreError) in
                guard call == .read, moment == .before, key.hasPrefix("packs/") else { return }
                hasBegun.signal()
                mayEnd.wait()
                mayEnd.signal()
            }
            let target = bench.directory.appending("restored")
            let outcome = Mutex<String>("")
            let group = WorkerGroup()
            group.start("restore") { _ in
                do { _ = try slow.restore(snapshot.id, to: target) } catch { outcome.withLock { $0 = "\(error)" } }
            }
            hasBegun.wait()
            #expect(try engine.snapshotsBeingRead() == [snapshot.id])
            #expect(engineError { _ = try engine.deleteSnapshot(snapshot.id) }?.code == .snapshotInUse)
            mayEnd.signal()
            group.wait()
            #expect(outcome.withLock { $0 } == "")
            #expect(try File.read(target, upTo: .max) == SeededRandom.bytes(2 << 20, seed: 7))
            #expect(try engine.deleteSnapshot(snapshot.id).stay != nil)
        }
    }

    @Test func whatEndedAsErrorIsForgotten() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            var pending = snapshot
            (pending.id, pending.state, pending.image, pending.completionTime) = (.random(), .pending, nil, nil)
            let dead = try #require(ProcessIdentity("4194303-1-000000000000"))
            try engine.catalogue.insert([pending], worker: dead, request: "")
            // Nobody carries it on: it is ended at once.
            #expect(try engine.deleteSnapshot(pending.id).stay == nil)
            #expect(try engine.snapshots([]).map(\.id) == [snapshot.id])
            pending.id = .random()
            try engine.catalogue.insert([pending], worker: dead, request: "")
            _ = try engine.catalogue.fail([pending.id], message: "a test")
            #expect(try engine.deleteSnapshot(pending.id).snapshot.state == .error)
            #expect(try engine.catalogue.snapshots(in: .anywhere).map(\.id) == [snapshot.id])
            #expect(try bench.recordCount() == 1)
        }
    }

    @Test func aPendingOneIsCancelled() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(12 << 20, seed: 1))
            let mayGoOn = DispatchSemaphore(value: 0)
            let engine = try bench.open { (call, _, moment) throws(StoreError) in
                guard call == .publish, moment == .before else { return }
                _ = mayGoOn.wait(timeout: .now() + .seconds(3))
            }
            let began = DispatchSemaphore(value: 0)
            let id = Mutex<SnapshotID?>(nil)
            let failure = Mutex<EngineError?>(nil)
            let group = WorkerGroup()
            group.start("create") { _ in
                let error = engineError {
                    try engine.create(volume) { pending in
                        id.withLock { $0 = pending.id }
                        began.signal()
                    }
                }
                failure.withLock { $0 = error }
            }
            began.wait()
            let other = try bench.open()
            let pending = try #require(id.withLock { $0 })
            #expect(try other.deleteSnapshot(pending, options: forGood).stay == nil)
            mayGoOn.signal()
            group.wait()
            #expect(failure.withLock { $0?.code } == .cancelled)
            #expect(try other.snapshots([]).isEmpty && bench.recordCount() == 0)
        }
    }

    /// To cancel one of a set is to cancel all: a lock on another of them forbids it.
    @Test func aLockHoldsForTheWholeSet() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            var set = [snapshot, snapshot]
            let setID = SnapshotSetID.random()
            for index in set.indices {
                (set[index].id, set[index].state, set[index].setID) = (.random(), .pending, setID)
                (set[index].image, set[index].completionTime) = (nil, nil)
            }
            let dead = try #require(ProcessIdentity("4194303-1-000000000000"))
            try engine.catalogue.insert(set, worker: dead, request: "")
            let terms = SnapshotLockTerms(mode: .compliance, term: .days(1))
            _ = try engine.lock(LockRequest(snapshot: set[0].id, terms: terms))
            #expect(engineError { _ = try engine.deleteSnapshot(set[1].id) }?.code == .snapshotLocked)
            #expect(engineError { try engine.cancel([set[1].id], reason: "a test") }?.code == .snapshotLocked)
            #expect(try engine.snapshots(set.map(\.id)).allSatisfy { $0.state == .pending })
        }
    }

    /// What has been in the bin for its time holds no space back, whether or not somebody empties the bin.
    @Test func aCollectionEmptiesTheBin() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let eightDaysAgo = Timestamp.now().earlier(by: .seconds(8 * 86_400))
            let said = try engine.freedIfDeleted([snapshot.id])
            _ = try engine.deleteSnapshot(snapshot.id, at: eightDaysAgo)
            let foretold = try engine.collectGarbage(dryRun: true)
            #expect(foretold.freed.byteCount == said && said > 0)
            #expect(try bench.recordCount() == 1, "a dry run only tells")
            #expect(try engine.collectGarbage().freed == foretold.freed)
            #expect(try bench.recordCount() == 0 && engine.catalogue.snapshots(in: .anywhere).isEmpty)
        }
    }
}
