import GRDB
import SnapModel
import SnapSystem
import Testing

@testable import SnapCatalogue

private typealias SnapshotTag = SnapModel.Tag

@Suite("Changes of records")
struct RecordTests {
    let scratch: Scratch
    let catalogue: Catalogue

    init() throws {
        scratch = try Scratch()
        catalogue = try scratch.open()
    }

    private func completed(second: Int = 0) throws -> Snapshot {
        let snapshot = Sample.completed(of: try catalogue.sampleVolume(), second: second)
        try catalogue.importSnapshot(snapshot)
        return snapshot
    }

    /// All that may change, changed.
    private func changed(_ snapshot: Snapshot) -> Snapshot {
        var new = snapshot
        new.tags = [SnapshotTag(key: "a", value: "ä"), SnapshotTag(key: "b", value: "")]
        new.permissions = [.user("210987654321"), .all]
        new.lock = SnapshotLock(
            mode: .compliance, createTime: Sample.time(1), startTime: Sample.time(2), durationDays: 3,
            expiryTime: Sample.time(4), coolOffHours: 5, coolOffExpiryTime: Sample.time(6))
        new.storageTier = .archive
        new.revision += 1
        return new
    }

    @Test func everythingThatMayChange() throws {
        let new = changed(try completed())
        #expect(try catalogue.finishChange(snapshots: [new]))
        #expect(try catalogue.snapshot(new.id) == new)
        #expect(try scratch.open().lockedSnapshots() == [new])
        var bare = new
        (bare.tags, bare.permissions, bare.lock, bare.storageTier) = ([], [], nil, .standard)
        bare.revision += 1
        #expect(try catalogue.finishChange(snapshots: [bare]))
        #expect(try catalogue.snapshots() == [bare] && catalogue.lockedSnapshots().isEmpty)
    }

    @Test func importsBringEverything() throws {
        var snapshot = changed(Sample.completed(of: try catalogue.sampleVolume(), second: 1))
        snapshot.productCodes = [ProductCode(code: "c", type: .devpay)]
        snapshot.dataEncryptionKeyID = "dek-1"
        snapshot.kmsKeyID = "kms-1"
        try catalogue.importSnapshot(snapshot)
        #expect(try catalogue.snapshot(snapshot.id) == snapshot)
        // An older record of it says nothing any more; one of the same revision, or a later one, does.
        var older = snapshot
        (older.revision, older.tags) = (1, [])
        try catalogue.importSnapshot(older)
        #expect(try catalogue.snapshot(snapshot.id) == snapshot)
        older.revision = 2
        try catalogue.importSnapshot(older)
        #expect(try catalogue.snapshot(snapshot.id) == older)
    }

    @Test func whoIsInTheBinIsSeenOnlyByThoseWhoAsk() throws {
        let (kept, other) = (try completed(second: 1), try completed(second: 2))
        var binned = other
        binned.bin = RecycleBinStay(enterTime: Sample.time(10), exitTime: Sample.time(20))
        #expect(try catalogue.finishChange(snapshots: [binned]))
        #expect(try catalogue.snapshots() == [kept])
        #expect(catalogueError { try catalogue.snapshot(other.id) }?.code == .unknownSnapshot)
        #expect(catalogueError { try catalogue.snapshots([kept.id, other.id]) }?.code == .unknownSnapshot)
        #expect(try catalogue.latestCompleted(of: kept.volume.id) == kept)
        #expect(try catalogue.snapshots(in: .recycleBin) == [binned])
        #expect(try catalogue.snapshots(in: .anywhere) == [binned, kept])
        #expect(try catalogue.snapshot(other.id, in: .anywhere) == binned)
        #expect(try catalogue.expiredInBin(at: Sample.time(19)).isEmpty)
        #expect(try catalogue.expiredInBin(at: Sample.time(20)) == [binned])
    }

    @Test func aStateThatChangedMeanwhile() throws {
        let pending = try catalogue.samplePending()
        _ = try catalogue.fail([pending.id], message: "x")
        #expect(try !catalogue.finishChange(snapshots: [changed(pending), changed(try completed())]))
        #expect(try catalogue.snapshots().allSatisfy { $0.revision == 1 && $0.tags.isEmpty })
    }

    @Test func completionNoticesARevision() throws {
        let pending = try catalogue.samplePending()
        let generation = try catalogue.trustGeneration()
        var completion = SnapshotCompletion(id: pending.id, image: Sample.image(1), time: Sample.time(9))
        let tagged = changed(pending)
        #expect(try catalogue.finishChange(snapshots: [tagged]))
        #expect(try catalogue.complete([completion], trustedSince: generation) == .revised)
        #expect(try catalogue.snapshot(pending.id).state == .pending)
        completion.revision = tagged.revision
        completion.lock = tagged.lock
        #expect(try catalogue.complete([completion], trustedSince: generation) == .completed)
        let snapshot = try catalogue.snapshot(pending.id)
        #expect(snapshot.state == .completed && snapshot.lock == tagged.lock && snapshot.tags == tagged.tags)
    }

    @Test func changesBegunAreToldUntilTheyEnd() throws {
        let snapshot = try completed()
        let set = RecordSet(snapshots: [snapshot.id], volumes: [snapshot.volume.id])
        #expect(try catalogue.begunChanges().isEmpty)
        try catalogue.beginChange(set)
        #expect(try scratch.open().begunChanges() == set)
        #expect(try catalogue.finishChange(snapshots: [snapshot]))
        #expect(try catalogue.begunChanges() == RecordSet(volumes: [snapshot.volume.id]))
        try catalogue.forgetChange(set)
        #expect(try catalogue.begunChanges().isEmpty)
        #expect(
            catalogueError { try catalogue.beginChange(RecordSet(snapshots: [.random()])) }?.code == .unknownSnapshot)
        #expect(catalogueError { try catalogue.beginChange(RecordSet(volumes: [.random()])) }?.code == .unknownVolume)
    }

    @Test func whatIsForgottenLeavesNothing() throws {
        let (kept, gone) = (changed(try completed(second: 1)), changed(try completed(second: 2)))
        #expect(try catalogue.finishChange(snapshots: [kept, gone]))
        let pending = try catalogue.samplePending(second: 3)
        #expect(try catalogue.forget([gone.id, pending.id, .random()]) == [gone.id])
        #expect(try catalogue.snapshots(in: .anywhere).map(\.id) == [pending.id, kept.id])
        #expect(try catalogue.snapshot(kept.id) == kept)
        let rest = try catalogue.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM tag WHERE resourceId = ?", arguments: [gone.id.rawValue])
        }
        #expect(rest == 0)
    }

    @Test func volumesKeepWhatTheyWereGiven() throws {
        var volume = try catalogue.sampleVolume()
        volume.tags = [SnapshotTag(key: "Name", value: "web")]
        volume.productCodes = [ProductCode(code: "c", type: .marketplace)]
        volume.sourceSnapshot = .random()
        volume.revision = 1
        #expect(try catalogue.finishChange(snapshots: [], volumes: [volume]))
        #expect(try catalogue.volume(volume.id) == volume && catalogue.volumes() == [volume])
        // Seen again, elsewhere.
        let again = try catalogue.registerVolume(
            identity: volume.identity, path: "/dev/other", byteCount: 5, isOtherStillThere: { _ in false },
            at: Sample.time(50))
        volume.path = "/dev/other"
        volume.byteCount = 5
        #expect(again == volume)
        #expect(try catalogue.volumes([volume.id, volume.id]) == [volume])
        #expect(catalogueError { try catalogue.volumes([volume.id, .random()]) }?.code == .unknownVolume)
    }
}
