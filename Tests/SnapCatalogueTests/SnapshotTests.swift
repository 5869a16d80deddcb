import GRDB
import SnapModel
import SnapSystem
import Testing

@testable import SnapCatalogue

@Suite("Snapshots")
struct SnapshotTests {
    let scratch: Scratch
    let catalogue: Catalogue

    init() throws {
        scratch = try Scratch()
        catalogue = try scratch.open()
    }

    @Test func whatIsRecordedIsReadBack() throws {
        let tags = [Tag(key: "a", value: "1"), Tag(key: "Ünïcode", value: "✓ \"quoted\"; DROP TABLE tag")]
        let pending = try catalogue.samplePending(tags: tags)
        #expect(try catalogue.snapshot(pending.id) == pending)
        #expect(try scratch.open().snapshots() == [pending])
    }

    @Test func completingKeepsAllAndAddsTheImage() throws {
        let pending = try catalogue.samplePending()
        let outcome = try catalogue.complete(
            pending.id,
            image: Sample.image(3),
            at: Sample.time(50),
            trustedSince: try catalogue.trustGeneration()
        )
        #expect(outcome == .completed)
        var expected = pending
        expected.state = .completed
        expected.completionTime = Sample.time(50)
        expected.image = Sample.image(3)
        expected.processedByteCount = pending.volumeByteCount
        #expect(try catalogue.snapshot(pending.id) == expected)
        #expect(try catalogue.pendingSnapshots().isEmpty)
    }

    @Test func failingKeepsTheMessage() throws {
        let pending = try catalogue.samplePending()
        #expect(try catalogue.fail([pending.id], message: "the device went away") == [pending.id])
        let failed = try catalogue.snapshot(pending.id)
        #expect(
            failed.state == .error && failed.stateMessage == "the device went away" && failed.image == nil
        )
        #expect(try catalogue.pendingSnapshots().isEmpty)
    }

    @Test func onlyThePendingCompleteOrFail() throws {
        let (failed, completed) = (try catalogue.samplePending(), try catalogue.samplePending(second: 1))
        _ = try catalogue.fail([failed.id], message: "once")
        _ = try catalogue.complete(completed.id, image: Sample.image(1), at: Sample.time, trustedSince: .none)
        for id in [failed.id, completed.id] {
            let before = try catalogue.snapshot(id)
            #expect(try catalogue.fail([id], message: "twice").isEmpty)
            let error = catalogueError {
                try catalogue.complete(id, image: Sample.image(2), at: Sample.time, trustedSince: .none)
            }
            #expect(error?.code == .notPending)
            try catalogue.sampleProgress(id, 77)
            #expect(try catalogue.snapshot(id) == before)
        }
        #expect(try catalogue.fail([.random()], message: "").isEmpty)
    }

    @Test func progressIsSeenByOthers() throws {
        let pending = try catalogue.samplePending()
        let other = try scratch.open()
        for byteCount in [0, 524_288, 1 << 29] {
            try catalogue.sampleProgress(pending.id, byteCount)
            let seen = try other.snapshot(pending.id)
            #expect(seen.processedByteCount == byteCount)
            #expect(seen.newByteCount == byteCount / 2 && seen.storedByteCount == byteCount / 4)
        }
    }

    @Test func theStageIsItsMessageUntilItEnds() throws {
        let pending = try catalogue.samplePending()
        let id = pending.id
        try catalogue.updateProgress(id, processed: 7, new: 0, stored: 0, stage: "pass 2")
        #expect(try catalogue.snapshot(id).stateMessage == "pass 2")
        try catalogue.updateProgress(id, processed: 7, new: 0, stored: 0)
        #expect(try catalogue.snapshot(id).stateMessage == nil)
        try catalogue.updateProgress(id, processed: 7, new: 0, stored: 0, stage: "pass 3")
        _ = try catalogue.complete(id, image: Sample.image(1), at: Sample.time, trustedSince: .none)
        #expect(try catalogue.snapshot(id).stateMessage == nil)
    }

    @Test func progressIsDroppedWhenOthersHoldTheLock() throws {
        let pending = try catalogue.samplePending()
        try catalogue.sampleProgress(pending.id, 1)
        let waited = try scratch.open().write { _ in
            let waited = Stopwatch()
            try catalogue.sampleProgress(pending.id, 2)
            return waited.elapsed
        }
        #expect(waited < .seconds(5))
        #expect(try catalogue.snapshot(pending.id).processedByteCount == 1)
    }

    @Test func anIdIsTakenOnce() throws {
        let pending = try catalogue.samplePending()
        #expect(catalogueError { try catalogue.insert([pending], worker: .current, request: "") }?.code == .failed)
        let stray = Sample.snapshot(of: Sample.volume(9))
        #expect(catalogueError { try catalogue.insert([stray], worker: .current, request: "") }?.code == .unknownVolume)
    }

    @Test func listsAreSortedByStartTime() throws {
        let seconds = [5, 1, 9, 5, 3]
        let ids = try seconds.map { try catalogue.samplePending(second: $0).id }
        let oldestFirst = [ids[1], ids[4], ids[0], ids[3], ids[2]]
        #expect(try catalogue.snapshots(order: .oldestFirst).map(\.id) == oldestFirst)
        #expect(try catalogue.snapshots().map(\.id) == oldestFirst.reversed())
    }

    @Test func someAreFoundByIdAndUnknownOnesTold() throws {
        let ids = try (0..<5).map { try catalogue.samplePending(second: $0).id }
        let chosen = try catalogue.snapshots([ids[1], ids[3], ids[1]], order: .oldestFirst)
        #expect(chosen.map(\.id) == [ids[1], ids[3]])
        #expect(try catalogue.snapshots([]).isEmpty)
        let unknown = SnapshotID.random()
        let error = catalogueError { try catalogue.snapshots([ids[0], unknown]) }
        #expect(error?.code == .unknownSnapshot && error?.subject == unknown.rawValue)
        #expect(catalogueError { try catalogue.snapshot(unknown) }?.code == .unknownSnapshot)
    }

    @Test func tagsStayWithTheirSnapshots() throws {
        let tagged = try (0..<20).map { number in
            try catalogue.samplePending(
                second: number,
                tags: (0..<number).map { Tag(key: "k\(100 + $0)", value: "\(number)") }
            )
        }
        #expect(try catalogue.snapshots(order: .oldestFirst) == tagged)
        #expect(try catalogue.snapshots([tagged[7].id]) == [tagged[7]])
    }

    @Test func theLatestCompletedIsByStartTimeAndVolume() throws {
        let (first, second) = (try catalogue.sampleVolume(1), try catalogue.sampleVolume(2))
        #expect(try catalogue.latestCompleted(of: first.id) == nil)
        let completed = [3, 8, 5].map { Sample.completed(of: first, second: $0) }
        for snapshot in completed { try catalogue.importSnapshot(snapshot) }
        try catalogue.importSnapshot(Sample.completed(of: second, second: 99))
        try catalogue.insert([Sample.snapshot(of: first, second: 50)], worker: .current, request: "")
        #expect(try catalogue.latestCompleted(of: first.id) == completed[1])
        #expect(try catalogue.latestCompleted(of: .random()) == nil)
    }

    @Test func workersOfThePendingAreKnown() throws {
        let first = try catalogue.samplePending(second: 2)
        let second = try catalogue.samplePending(second: 1)
        try catalogue.write {
            try $0.execute(
                sql: "UPDATE snapshot SET worker = 'garbage' WHERE snapshotId = ?",
                arguments: [second.id.rawValue]
            )
        }
        let workers = try catalogue.pendingSnapshots()
        #expect(workers.map(\.id) == [second.id, first.id])
        #expect(workers.map(\.worker) == [nil, .current])
    }

    @Test func importingReplacesSnapshotAndTags() throws {
        let volume = Sample.volume()
        var snapshot = Sample.completed(of: volume, second: 4, tags: [Tag(key: "old", value: "")])
        try catalogue.importSnapshot(snapshot)
        snapshot.tags = [Tag(key: "new", value: "1")]
        snapshot.description = "changed"
        try catalogue.importSnapshot(snapshot)
        #expect(try catalogue.snapshots() == [snapshot])
    }

    @Test func importsInAnyOrderLeaveTheLastSightOfAVolume() throws {
        let volume = Sample.volume()
        let sights = (0..<6).map { number in
            var seen = volume
            seen.path = "/dev/sight\(number)"
            seen.byteCount += number
            return Sample.completed(of: seen, second: number)
        }
        for snapshot in [3, 5, 0, 4, 1, 2].map({ sights[$0] }) { try catalogue.importSnapshot(snapshot) }
        #expect(try catalogue.volumes() == [sights[5].volume])
    }

    @Test func aMalformedRowIsDamageNotATrap() throws {
        _ = try catalogue.samplePending()
        for change in [
            "state = 'limbo'", "manifestRoot = x'00'", "consistency = ''", "level = 'good'", "hooks = '[{}]'",
            "hooks = 'x'",
        ] {
            try catalogue.write { try $0.execute(sql: "UPDATE snapshot SET \(change)") }
            #expect(catalogueError { try catalogue.snapshots() }?.code == .damaged)
        }
    }
}

extension TrustGeneration {
    static let none = TrustGeneration(rawValue: 0)
}
