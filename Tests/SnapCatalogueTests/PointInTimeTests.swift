import GRDB
import SnapModel
import SnapSystem
import Testing

@testable import SnapCatalogue

@Suite("Points in time, sets and workers")
struct PointInTimeTests {
    let scratch: Scratch
    let catalogue: Catalogue

    private static let other = ProcessIdentity("4194303-7-000000000000")

    private static let full = Consistency(
        method: .clone, level: .application, instant: Sample.time(3), freezeDuration: .microseconds(12_345),
        hooks: [
            HookRun(name: "10-postgres", freezeOutcome: .succeeded, freezeDuration: .microseconds(70_001)),
            HookRun(
                name: "ä \"quoted\"", freezeOutcome: .failed, freezeDuration: .zero, thawOutcome: .timedOut),
        ])

    init() throws {
        scratch = try Scratch()
        catalogue = try scratch.open()
    }

    /// A snapshot whose point in time is taken, as it should be read back.
    private func sampleTaken(lease: String?) throws -> Snapshot {
        var snapshot = try catalogue.samplePending()
        try catalogue.notePointInTime(
            snapshot.id, consistency: Self.full, lease: lease, securing: .milliseconds(80), volumeByteCount: 9 << 20)
        snapshot.consistency = Self.full
        snapshot.durations.securing = .milliseconds(80)
        snapshot.volumeByteCount = 9 << 20
        return snapshot
    }

    @Test func whatWasTakenIsReadBack() throws {
        let snapshot = try sampleTaken(lease: "{\"path\":\"/x\"}")
        #expect(try scratch.open().snapshot(snapshot.id) == snapshot)
        #expect(try catalogue.pendingSnapshots().map(\.lease) == ["{\"path\":\"/x\"}"])
        #expect(try catalogue.pendingSnapshots().map(\.request) == ["{}"])
    }

    @Test func whatBecameOfHooksIsNotedUntilItIsCompleted() throws {
        var expected = try sampleTaken(lease: nil)
        expected.consistency.freezeDuration = .microseconds(99)
        expected.consistency.hooks[0].thawOutcome = .succeeded
        try catalogue.noteConsistency(expected.id, expected.consistency)
        #expect(try catalogue.snapshot(expected.id) == expected)
        _ = try catalogue.fail([expected.id], message: "hooks")
        expected.consistency.hooks = []
        try catalogue.noteConsistency(expected.id, expected.consistency)
        #expect(try catalogue.snapshot(expected.id).consistency == expected.consistency)
        let completed = Sample.completed(of: Sample.volume(), second: 9)
        try catalogue.importSnapshot(completed)
        let error = catalogueError { try catalogue.noteConsistency(completed.id, Self.full) }
        #expect(error?.code == .notPending)
        #expect(try catalogue.snapshot(completed.id) == completed)
    }

    @Test func onlyPendingSnapshotsTakePointsInTime() throws {
        let pending = try catalogue.samplePending()
        _ = try catalogue.fail([pending.id], message: "too late")
        for (id, code) in [(pending.id, CatalogueError.Code.notPending), (.random(), .unknownSnapshot)] {
            let error = catalogueError {
                try catalogue.notePointInTime(
                    id, consistency: Self.full, lease: "x", securing: .zero, volumeByteCount: 1)
            }
            #expect(error?.code == code)
        }
        #expect(try catalogue.leases().isEmpty)
    }

    /// Whoever clears away what is left behind must still find it.
    @Test func aLeaseStaysUntilItIsGivenBack() throws {
        let (failed, completed) = (try sampleTaken(lease: "a"), try sampleTaken(lease: "b"))
        _ = try sampleTaken(lease: nil)
        _ = try catalogue.fail([failed.id], message: "lost")
        _ = try catalogue.complete(completed.id, image: Sample.image(1), at: Sample.time, trustedSince: .none)
        let expected = [
            HeldPointInTime(snapshot: failed.id, lease: "a", state: .error),
            HeldPointInTime(snapshot: completed.id, lease: "b", state: .completed),
        ]
        #expect(try Set(catalogue.leases()) == Set(expected))
        for _ in 0..<2 { try catalogue.releasePointInTime(failed.id) }
        #expect(try catalogue.leases() == [expected[1]])
        try catalogue.releasePointInTime(completed.id)
        #expect(try catalogue.leases().isEmpty)
        #expect(catalogueError { try catalogue.releasePointInTime(.random()) }?.code == .unknownSnapshot)
    }

    @Test func aSetIsRecordedWholeOrNotAtAll() throws {
        let (set, other) = (SnapshotSetID.random(), SnapshotSetID.random())
        var members = try (1...3).map { Sample.snapshot(of: try catalogue.sampleVolume($0), second: 5 - $0) }
        for index in members.indices { members[index].setID = set }
        var stray = Sample.snapshot(of: Sample.volume(9))
        stray.setID = other
        let error = catalogueError { try catalogue.insert([members[0], stray], worker: .current, request: "") }
        #expect(error?.code == .unknownVolume)
        #expect(try catalogue.snapshots().isEmpty)
        try catalogue.insert(members, worker: .current, request: "set")
        #expect(try catalogue.snapshots(inSet: set) == members)
        #expect(try catalogue.snapshots(inSet: other).isEmpty)
        #expect(try catalogue.pendingSnapshots().map(\.setID) == [set, set, set])
    }

    @Test func aSetCompletesWholeOrNotAtAll() throws {
        let members = try (0..<3).map { try catalogue.samplePending(second: $0).id }
        let completions = members.enumerated().map { number, id in
            SnapshotCompletion(
                id: id, image: Sample.image(number), time: Sample.time(60),
                durations: SnapshotDurations(imaging: .seconds(2)))
        }
        let ended = try catalogue.samplePending(second: 9).id
        _ = try catalogue.fail([ended], message: "")
        let stray = SnapshotCompletion(id: ended, image: Sample.image(9), time: Sample.time)
        let error = catalogueError { try catalogue.complete(completions + [stray], trustedSince: .none) }
        #expect(error?.code == .notPending)
        #expect(try catalogue.snapshots(members).map(\.state) == [.pending, .pending, .pending])
        #expect(try catalogue.complete(completions, trustedSince: .none) == .completed)
        let completed = try catalogue.snapshots(members, order: .oldestFirst)
        #expect(completed.map(\.image) == (0..<3).map(Sample.image))
        #expect(completed.map(\.durations.imaging) == [.seconds(2), .seconds(2), .seconds(2)])
    }

    @Test func failingEndsThoseThatArePending() throws {
        let pending = try (0..<3).map { try catalogue.samplePending(second: $0).id }
        _ = try catalogue.complete(pending[1], image: Sample.image(1), at: Sample.time, trustedSince: .none)
        #expect(try catalogue.fail(pending, message: "all of the set") == [pending[0], pending[2]])
        #expect(try catalogue.snapshots(pending, order: .oldestFirst).map(\.state) == [.error, .completed, .error])
    }

    @Test func oneOfSeveralTakesOver() throws {
        let other = try #require(Self.other)
        let ids = try (0..<2).map { try catalogue.samplePending(second: $0).id }
        #expect(try !catalogue.takeOver(ids, from: other, by: .current, logPath: nil))
        #expect(try catalogue.takeOver(ids, from: .current, by: other, logPath: "/var/log/x"))
        #expect(try !catalogue.takeOver(ids, from: .current, by: .current, logPath: nil), "somebody was faster")
        let worker = SnapshotWorker(processNumber: other.number, attemptCount: 2, logPath: "/var/log/x")
        #expect(try catalogue.snapshots(ids).map(\.worker) == [worker, worker])
        #expect(try catalogue.pendingSnapshots().map(\.worker) == [other, other])
        #expect(try catalogue.takeOver(ids, from: other, by: .current, logPath: nil))
        #expect(try catalogue.pendingSnapshots().map(\.attemptCount) == [3, 3])
        #expect(try catalogue.snapshot(ids[0]).worker?.logPath == "/var/log/x")
    }

    /// Of a set that is only partly pending, nothing is taken over.
    @Test func takingOverIsAllOrNothing() throws {
        let other = try #require(Self.other)
        let ids = try (0..<3).map { try catalogue.samplePending(second: $0).id }
        _ = try catalogue.fail([ids[2]], message: "")
        #expect(try !catalogue.takeOver(ids, from: .current, by: other, logPath: nil))
        #expect(try catalogue.pendingSnapshots().map(\.worker) == [.current, .current])
    }

    @Test func aWorkerThatCannotBeReadIsNobody() throws {
        let id = try catalogue.samplePending().id
        try catalogue.write { try $0.execute(sql: "UPDATE snapshot SET worker = 'garbage'") }
        #expect(try !catalogue.takeOver([id], from: Self.other, by: .current, logPath: nil))
        #expect(try catalogue.takeOver([id], from: nil, by: .current, logPath: nil))
        #expect(try catalogue.pendingSnapshots().map(\.worker) == [.current])
    }

    @Test func theWorkerIsRememberedAfterTheEnd() throws {
        let id = try catalogue.samplePending().id
        _ = try catalogue.complete(id, image: Sample.image(1), at: Sample.time, trustedSince: .none)
        let number = ProcessIdentity.current.number
        #expect(try catalogue.snapshot(id).worker == SnapshotWorker(processNumber: number))
    }

    @Test func theFirstReasonToGiveUpStays() throws {
        let id = try catalogue.samplePending().id
        #expect(try catalogue.cancellationReason(id) == nil)
        let other = try scratch.open()
        for reason in ["first", "second"] { try other.requestCancellation(id, reason: reason) }
        #expect(try catalogue.cancellationReason(id) == "first")
        #expect(try catalogue.pendingSnapshots().map(\.cancelReason) == ["first"])
        _ = try catalogue.fail([id], message: "first")
        #expect(catalogueError { try other.requestCancellation(id, reason: "") }?.code == .notPending)
        #expect(catalogueError { try other.requestCancellation(.random(), reason: "") }?.code == .unknownSnapshot)
        #expect(catalogueError { try other.cancellationReason(.random()) }?.code == .unknownSnapshot)
    }

    @Test func progressOfACompletedSnapshotIsInItsImage() throws {
        let id = try catalogue.samplePending().id
        try catalogue.sampleProgress(id, 4_000)
        #expect(try catalogue.snapshot(id).newByteCount == 2_000)
        _ = try catalogue.complete(id, image: Sample.image(1), at: Sample.time, trustedSince: .none)
        let completed = try catalogue.snapshot(id)
        #expect(completed.newByteCount == 0 && completed.storedByteCount == 0 && completed.image == Sample.image(1))
    }

    @Test func importsKeepAllThatARecordTells() throws {
        var snapshot = Sample.completed(of: Sample.volume(), second: 4)
        snapshot.consistency = Self.full
        snapshot.setID = .random()
        snapshot.worker = SnapshotWorker(processNumber: 7, attemptCount: 3, logPath: "/var/log/snapctl/x.log")
        snapshot.durations = SnapshotDurations(securing: .microseconds(1), imaging: .seconds(86_400))
        try catalogue.importSnapshot(snapshot)
        #expect(try catalogue.snapshots() == [snapshot])
    }
}
