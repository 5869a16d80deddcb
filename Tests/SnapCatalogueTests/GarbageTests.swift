import GRDB
import SnapModel
import Testing

@testable import SnapCatalogue

/// What chunks go when: the rules of each step.
@Suite("Condemning and retiring")
struct GarbageTests {
    private let scratch: Scratch
    private let catalogue: Catalogue
    private let pack = Sample.pack([1, 2, 3])

    init() throws {
        scratch = try Scratch()
        catalogue = try scratch.open()
        _ = try catalogue.commit([pack])
    }

    private var digests: [Digest] { pack.entries.map(\.digest) }

    private func doomed(_ unneeded: [Int]) -> DoomedPack {
        DoomedPack(id: pack.id, digests: digests, unneeded: Set(unneeded.map(Sample.digest)))
    }

    private func rule(
        _ known: [SnapshotID] = [], workerless: [SnapshotID] = [], grace: Int = -1_000
    ) -> RetirementRule {
        RetirementRule(known: Set(known), workerless: Set(workerless), graceStart: Sample.time(grace))
    }

    private func retire(_ doomed: DoomedPack, _ rule: RetirementRule) throws -> RetirementOutcome {
        try catalogue.retire([doomed], under: rule)
    }

    @Test func whatIsCondemnedGoesOnceItsPackHasNothingElse() throws {
        let all = doomed([1, 2, 3])
        #expect(try retire(all, rule()) == .retired([:]), "not condemned yet")
        try catalogue.condemn([doomed([1, 2])], at: Sample.time)
        #expect(try catalogue.trusted(digests) == [Sample.digest(3)])
        #expect(try retire(doomed([1, 2]), rule()) == .retired([:]), "one is needed")
        try catalogue.condemn([all], at: Sample.time)
        let bytes = pack.entries.reduce(0) { $0 + $1.storedByteCount }
        #expect(try retire(all, rule()) == .retired([pack.id: BodyCount(count: 3, byteCount: bytes)]))
        #expect(try catalogue.locations(of: digests).isEmpty)
        #expect(try catalogue.retiredPacks() == [pack.id] && catalogue.contains(pack: pack.id))
        #expect(catalogueError { try catalogue.commit([pack]) }?.code == .failed, "its file may be gone")
        try catalogue.forget([pack.id])
        #expect(try !catalogue.contains(pack: pack.id))
    }

    @Test func whatIsReprievedStays() throws {
        try catalogue.condemn([doomed([1, 2, 3])], at: Sample.time)
        #expect(try catalogue.reprieve([Sample.digest(2), Sample.digest(9)]) == [Sample.digest(2)])
        #expect(try retire(doomed([1, 2, 3]), rule()) == .retired([:]))
        #expect(try catalogue.trusted(digests) == [Sample.digest(2)])
    }

    @Test func aSuspectIsNotReprieved() throws {
        try catalogue.markSuspect(Sample.digest(2), reason: "a test")
        try catalogue.condemn([doomed([1, 2, 3])], at: Sample.time)
        #expect(try catalogue.reprieve([Sample.digest(2)]).isEmpty)
        guard case .retired(let retired) = try retire(doomed([1, 2, 3]), rule()) else { return }
        #expect(retired[pack.id]?.count == 3)
    }

    @Test func aSnapshotThatNobodyHasLookedAtStopsIt() throws {
        let pending = try catalogue.samplePending()
        try catalogue.condemn([doomed([1, 2, 3])], at: Sample.time)
        let generation = try catalogue.trustGeneration()
        let image = Sample.image(7)
        #expect(
            try catalogue.complete(pending.id, image: image, at: Sample.time, trustedSince: generation) == .completed)
        let kept = KeptImage(snapshot: pending.id, root: image.manifestRoot)
        #expect(try catalogue.keptImages() == [kept])
        #expect(try retire(doomed([1, 2, 3]), rule()) == .unknown([kept]))
        guard case .retired(let retired) = try retire(doomed([1, 2, 3]), rule([pending.id])) else { return }
        #expect(retired.count == 1)
    }

    @Test func oneThatBeganBeforeItIsWaitedFor() throws {
        let pending = try catalogue.samplePending()
        let generation = try catalogue.trustGeneration(of: pending.id)
        try catalogue.condemn([doomed([1, 2, 3])], at: Sample.time)
        #expect(try retire(doomed([1, 2, 3]), rule()) == .retired([:]))
        let outcome = try catalogue.complete(
            pending.id, image: Sample.image(7), at: Sample.time, trustedSince: generation)
        #expect(outcome == .distrusted(Set(digests), now: try catalogue.trustGeneration()))
        // Without a worker, or once the time is up.
        guard case .retired(let early) = try retire(doomed([1, 2, 3]), rule(workerless: [pending.id])) else { return }
        #expect(early.count == 1)
        let again = try catalogue.complete(
            pending.id, image: Sample.image(7), at: Sample.time, trustedSince: generation)
        #expect(again == .distrusted(Set(digests), now: try catalogue.trustGeneration()), "gone is lost, too")
    }

    @Test func notForLongerThanTheGrace() throws {
        let pending = try catalogue.samplePending()
        _ = try catalogue.trustGeneration(of: pending.id)
        try catalogue.condemn([doomed([1, 2, 3])], at: Sample.time)
        #expect(try retire(doomed([1, 2, 3]), rule(grace: -1)) == .retired([:]))
        guard case .retired(let retired) = try retire(doomed([1, 2, 3]), rule(grace: 1)) else { return }
        #expect(retired.count == 1)
    }

    @Test func oneThatBeginsAfterItIsNotWaitedFor() throws {
        try catalogue.condemn([doomed([1, 2, 3])], at: Sample.time)
        let pending = try catalogue.samplePending()
        _ = try catalogue.trustGeneration(of: pending.id)
        guard case .retired(let retired) = try retire(doomed([1, 2, 3]), rule()) else { return }
        #expect(retired.count == 1)
    }

    @Test func whatMovesIsFoundThere() throws {
        let copy = Sample.pack([1, 2], at: 5)
        let moved = copy.entries.enumerated().map { index, entry in
            MovedEntry(entry: entry, oldPack: pack.id, oldOffset: pack.entries[index].offset + (index == 1 ? 1 : 0))
        }
        try catalogue.relocate(moved, to: copy)
        let locations = try catalogue.locations(of: digests)
        #expect(locations[Sample.digest(1)]?.pack == copy.id)
        #expect(locations[Sample.digest(2)]?.pack == pack.id, "it was elsewhere already")
    }

    @Test func theHistoryIsForgottenUpToTheOldestSnapshot() throws {
        try catalogue.condemn([doomed([1])], at: Sample.time(1))
        let pending = try catalogue.samplePending()
        let began = try catalogue.trustGeneration(of: pending.id)
        try catalogue.condemn([doomed([2])], at: Sample.time(2))
        try catalogue.condemn([doomed([3])], at: Sample.time(3))
        let now = try catalogue.trustGeneration()
        try catalogue.forgetDistrust(before: Sample.time(100))
        #expect(try catalogue.trustGeneration() == now)
        let outcome = try catalogue.complete(
            pending.id, image: Sample.image(7), at: Sample.time, trustedSince: began)
        #expect(outcome == .distrusted([Sample.digest(2), Sample.digest(3)], now: now))
        let count = try catalogue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM distrust") }
        #expect(count == 2)
    }

    @Test func usesAreCountedByPack() throws {
        let other = Sample.pack([3, 4], at: 5, kind: .pages)
        _ = try catalogue.commit([other])
        try catalogue.condemn([doomed([1])], at: Sample.time)
        var condemned: [Digest] = []
        let needed = Set([1, 4].map(Sample.digest))
        let uses = try catalogue.packUses(isNeeded: needed.contains) { condemned.append($0) }
        #expect(uses.map(\.id) == [pack.id, other.id] && condemned == [Sample.digest(1)])
        #expect(uses.map(\.needed.count) == [1, 1] && uses.map(\.unneeded.count) == [2, 0])
        #expect(uses.map(\.entryCount) == [3, 2] && uses[1].kind == .pages)
    }
}
