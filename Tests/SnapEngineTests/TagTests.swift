import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

@Suite("Tags and permissions")
struct TagTests {
    private func tags(_ range: Range<Int>, _ value: String = "") -> [SnapshotTag] {
        range.map { SnapshotTag(key: "key \($0)", value: value) }
    }

    @Test func ofSnapshotsAndVolumes() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let both = [snapshot.id.rawValue, snapshot.volume.id.rawValue]
            try engine.setTags(both, [SnapshotTag(key: "Name", value: "web"), SnapshotTag(key: "Empty", value: "")])
            try engine.tag(snapshot.id, "Name", "ä")
            let found = try engine.snapshot(snapshot.id)
            #expect(found.tags == [SnapshotTag(key: "Empty", value: ""), SnapshotTag(key: "Name", value: "ä")])
            #expect(found.volume.tags.map(\.value) == ["", "web"])
            #expect(found.revision == 3 && found.volume.revision == 1)
            try engine.deleteTags(both, [TagSelector(key: "Name", value: "web"), TagSelector(key: "None")])
            #expect(try engine.snapshot(snapshot.id).tags.count == 2)
            #expect(try engine.volumes([snapshot.volume.id])[0].tags.map(\.key) == ["Empty"])
            try bench.expectRebuildChangesNothing()
            let other = try bench.open()
            try other.deleteTags(both)
            #expect(try other.snapshot(snapshot.id).tags.isEmpty && other.volumes()[0].tags.isEmpty)
            try bench.expectRebuildChangesNothing()
        }
    }

    @Test func fiftyInAllAndAllOrNone() throws {
        try Bench.withSnapshot { _, engine, snapshot in
            let (id, volume) = (snapshot.id.rawValue, snapshot.volume.id.rawValue)
            try engine.setTags([id], tags(0..<49))
            try engine.setTags([id], tags(49..<50))
            // Those that are there already count once.
            try engine.setTags([id], tags(0..<50, "new"))
            let error = engineError { try engine.setTags([volume, id], tags(50..<51)) }
            #expect(error?.code == .tagLimitExceeded)
            #expect(engineError { try engine.setTags([volume], tags(0..<51)) }?.code == .tagLimitExceeded)
            #expect(try engine.volumes()[0].tags.isEmpty)
            #expect(try engine.snapshot(snapshot.id).tags.count == 50)
            #expect(try engine.snapshot(snapshot.id).tags.allSatisfy { $0.value == "new" })
        }
    }

    @Test func whatIsRefused() throws {
        try Bench.withSnapshot { _, engine, snapshot in
            let id = snapshot.id.rawValue
            func code(_ resources: [String], _ tags: [SnapshotTag]) -> EngineError.Code? {
                engineError { try engine.setTags(resources, tags) }?.code
            }
            let good = [SnapshotTag(key: "a", value: "b")]
            #expect(code([id, "i-0123456789abcdef0"], good) == .malformedResourceID)
            #expect(code([id, SnapshotID.random().rawValue], good) == .snapshotNotFound)
            #expect(code([id, VolumeID.random().rawValue], good) == .volumeNotFound)
            #expect(code([], good) == .missingParameter && code([id], []) == .missingParameter)
            #expect(code([id], [SnapshotTag(key: "", value: "b")]) == .malformedTagKey)
            #expect(code([id], [SnapshotTag(key: "aws:x", value: "b")]) == .invalidParameter)
            #expect(code([id], good + good) == .invalidParameter)
            #expect(code([id], [SnapshotTag(key: String(repeating: "ä", count: 128), value: "")]) == .invalidParameter)
            #expect(code([id], [SnapshotTag(key: "k", value: String(repeating: "ä", count: 256))]) == .invalidParameter)
            #expect(code(Array(repeating: id, count: 1_001), good) == .invalidParameter)
            let found = try engine.snapshot(snapshot.id)
            #expect(found == snapshot)
        }
    }

    @Test func ofACreateAreCheckedBeforeAnything() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(1 << 20, seed: 7))
            let error = engineError {
                let request = CreateRequest(volumes: [volume.string], tags: tags(0..<51))
                _ = try Engine.openForCreating(bench.configuration, request)
            }
            #expect(error?.code == .tagLimitExceeded)
            #expect(!File.exists(bench.configuration.root))
        }
    }

    /// Tags, locks and permissions that a snapshot got while it was pending are in its record, too.
    @Test func ofAPendingSnapshot() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(2 << 20, seed: 7))
            let engine = try bench.open()
            let other = try bench.open()
            let now = Timestamp.now()
            let snapshot = try engine.create(volume) { pending in
                do {
                    try other.tag(pending.id, "Name", "early")
                    _ = try other.modifyPermissions(pending.id, add: [.all], remove: [])
                    let terms = SnapshotLockTerms(mode: .governance, term: .days(3))
                    let locked = try other.lock(LockRequest(snapshot: pending.id, terms: terms), at: now)
                    #expect(locked.lock?.startTime == nil && locked.lock?.expiryTime == nil)
                } catch {
                    Issue.record(error)
                }
            }
            let completion = try #require(snapshot.completionTime)
            #expect(snapshot.tags.map(\.value) == ["early"] && snapshot.permissions == [.all])
            #expect(snapshot.lock?.startTime == completion && snapshot.lock?.expiryTime == completion.later(days: 3))
            #expect(snapshot.lock?.createTime == now && snapshot.revision == 4)
            let found = try other.snapshot(snapshot.id)
            #expect(found.tags == snapshot.tags && found.lock == snapshot.lock && found.revision == snapshot.revision)
            try bench.expectRebuildChangesNothing()
        }
    }

    @Test func permissions() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let (one, two) = (CreateVolumePermission.user("111122223333"), CreateVolumePermission.user("444455556666"))
            #expect(
                try engine.modifyPermissions(snapshot.id, add: [two, one, two], remove: []).permissions == [one, two])
            #expect(
                try engine.modifyPermissions(snapshot.id, add: [one, .all], remove: []).permissions == [one, two, .all])
            #expect(
                try engine.modifyPermissions(snapshot.id, add: [], remove: [one, .user("000000000000")]).permissions
                    == [two, .all])
            func code(_ add: [CreateVolumePermission], _ remove: [CreateVolumePermission]) -> EngineError.Code? {
                engineError { _ = try engine.modifyPermissions(snapshot.id, add: add, remove: remove) }?.code
            }
            #expect(code([one], [two]) == .invalidParameterCombination && code([], []) == .missingParameter)
            #expect(code(Array(repeating: one, count: 501), []) == .invalidParameter)
            #expect(code(Array(repeating: two, count: 500), []) == nil)
            try bench.expectRebuildChangesNothing()
            #expect(try bench.open().resetPermissions(snapshot.id).permissions.isEmpty)
        }
    }

    @Test func whatHasProductCodesIsNotMadePublic() throws {
        try Bench.with { bench in
            let path = try bench.directory.file("volume", SeededRandom.bytes(1 << 20, seed: 7))
            let engine = try bench.open()
            let codes = [ProductCode(code: "abc", type: .marketplace)]
            let volume = try engine.registerVolume(path, productCodes: codes)
            let snapshot = try engine.create(path)
            #expect(snapshot.volume.id == volume.id && snapshot.productCodes == codes)
            let error = engineError { _ = try engine.modifyPermissions(snapshot.id, add: [.all], remove: []) }
            #expect(error?.code == .operationNotPermitted)
            try bench.expectRebuildChangesNothing()
        }
    }

    /// A character is a Unicode scalar, also where a mark would join the character before it.
    @Test func marksThatJoinAreCharactersOfTheirOwn() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let id = snapshot.id.rawValue
            let keys = ["a", "b", "c", "d", "\u{301}e", "\u{302}f"]
            try engine.setTags([id], keys.map { SnapshotTag(key: $0, value: "é") })
            // To Swift the two spellings are equal.
            try engine.setTags([id], keys.map { SnapshotTag(key: $0, value: "e\u{301}") })
            let tags = try engine.snapshot(snapshot.id).tags
            #expect(tags.map { Array($0.value.utf8) } == keys.map { _ in Array("e\u{301}".utf8) })
            try bench.expectRebuildChangesNothing()
            var query = TagQuery(page: PageRequest(maxResults: 5))
            let first = try engine.tags(query)
            #expect(first.elements.map(\.tag.key) == Array(keys[..<5]))
            query.page.nextToken = first.nextToken
            #expect(try engine.tags(query).elements.map(\.tag.key) == ["\u{302}f"])
            let found = try engine.snapshots(
                SnapshotQuery(filters: [ResourceFilter(name: "tag:\u{301}e", values: ["e?"])]))
            #expect(found.elements.map(\.id) == [snapshot.id])
            try engine.deleteTags([id], [TagSelector(key: "a", value: "é"), TagSelector(key: "b", value: "e\u{301}")])
            #expect(try engine.snapshot(snapshot.id).tags.map(\.key) == ["a", "c", "d", "\u{301}e", "\u{302}f"])
        }
    }

    /// CopyTagsFromSource: at creation, so that a snapshot is never seen without them.
    @Test func ofItsVolume() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let volume = snapshot.volume.id.rawValue
            try engine.setTags([volume], tags(0..<49, "volume's"))
            func create(_ keys: [String]) throws -> [Snapshot] {
                let own = keys.map { SnapshotTag(key: $0, value: "own") }
                var request = CreateRequest(volumes: [volume], tags: own)
                request.copiesVolumeTags = true
                return try engine.create(request, progress: TransferProgress(), cancellation: CancellationFlag())
            }
            let both = try create(["key 3", "x"])[0]
            #expect(both.tags.count == 50 && both.tags == SnapshotTag.sorted(both.tags))
            #expect(both.tags.filter { $0.value == "own" }.map(\.key) == ["key 3", "x"])
            let before = try engine.snapshots([]).count
            #expect(engineError { _ = try create(["x", "y"]) }?.code == .tagLimitExceeded)
            #expect(try engine.snapshots([]).count == before, "nothing is recorded")
            #expect(try engine.create(bench.directory.appending("volume")).tags.isEmpty)
            try bench.expectRebuildChangesNothing()
        }
    }
}
