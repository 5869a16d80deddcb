import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

/// Lists as EBS gives them: whom they show, and in pages.
@Suite("Lists of records")
struct RecordListTests {
    /// A root with so many snapshots of one volume.
    private func with(_ count: Int, _ body: (Engine, [SnapshotID]) throws -> Void) throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(1 << 20, seed: 7))
            let engine = try bench.open()
            try body(engine, try (0..<count).map { _ in try engine.create(volume).id })
        }
    }

    private func code(_ body: () throws -> Void) -> EngineError.Code? { engineError(body)?.code }

    @Test func whoMayMakeVolumes() throws {
        try with(3) { engine, ids in
            let friend = "111122223333"
            _ = try engine.modifyPermissions(ids[1], add: [.user(friend)], remove: [])
            _ = try engine.modifyPermissions(ids[2], add: [.all], remove: [])
            func found(_ users: String...) throws -> Set<SnapshotID> {
                Set(try engine.snapshots(SnapshotQuery(restorableByUserIDs: users)).elements.map(\.id))
            }
            #expect(try found("self") == Set(ids) && found(engine.configuration.ownerID) == Set(ids))
            #expect(try found(friend) == [ids[1]] && found("all") == [ids[2]])
            #expect(try found(friend, "all") == [ids[1], ids[2]] && found("444455556666").isEmpty)
            #expect(code { _ = try found("somebody") } == .malformedUserID)
            _ = try engine.resetPermissions(ids[1])
            #expect(try found(friend).isEmpty)
        }
    }

    @Test func locksInPages() throws {
        try with(7) { engine, ids in
            for (number, id) in ids.enumerated() {
                let mode = number == 0 ? SnapshotLockMode.compliance : .governance
                _ = try engine.lock(LockRequest(snapshot: id, terms: SnapshotLockTerms(mode: mode, term: .days(1))))
            }
            let filters = [ResourceFilter(name: "lock-state", values: ["governance"])]
            let wanted = ids.dropFirst().sorted()
            func page(_ token: String?) throws -> Page<Snapshot> {
                try engine.lockedSnapshots([], filters: filters, page: PageRequest(maxResults: 5, nextToken: token))
            }
            let first = try page(nil)
            #expect(first.elements.map(\.id) == Array(wanted[..<5]))
            // One that was shown goes: the next page begins where it would have.
            _ = try engine.unlock(wanted[4])
            let second = try page(first.nextToken)
            #expect(second.elements.map(\.id) == Array(wanted[5...]) && second.nextToken == nil)
            let others = PageRequest(maxResults: 5, nextToken: first.nextToken)
            #expect(code { _ = try engine.lockedSnapshots([], filters: [], page: others) } == .invalidPageToken)
            #expect(code { _ = try engine.binnedSnapshots([], page: others) } == .invalidPageToken)
            let few = PageRequest(maxResults: 4)
            #expect(code { _ = try engine.lockedSnapshots([], filters: [], page: few) } == .invalidParameter)
        }
    }

    @Test func theBinInPages() throws {
        try with(6) { engine, ids in
            for id in ids { _ = try engine.deleteSnapshot(id) }
            let wanted = ids.sorted()
            let first = try engine.binnedSnapshots([], page: PageRequest(maxResults: 5))
            #expect(first.elements.map(\.id) == Array(wanted[..<5]))
            _ = try engine.restoreFromBin(wanted[4])
            let second = try engine.binnedSnapshots([], page: PageRequest(maxResults: 5, nextToken: first.nextToken))
            #expect(second.elements.map(\.id) == [wanted[5]] && second.nextToken == nil)
            // As many as there are: no page follows.
            let whole = try engine.binnedSnapshots([], page: PageRequest(maxResults: 5))
            #expect(whole.elements.count == 5 && whole.nextToken == nil)
        }
    }
}
