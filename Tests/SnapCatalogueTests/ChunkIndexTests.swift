import GRDB
import SnapModel
import Testing

@testable import SnapCatalogue

@Suite("The chunk index")
struct ChunkIndexTests {
    let scratch: Scratch
    let catalogue: Catalogue

    init() throws {
        scratch = try Scratch()
        catalogue = try scratch.open()
    }

    private func counts(new: Int = 0, duplicate: Int = 0, healed: Int = 0, used: Int = 0) -> EntryCounts {
        var counts = EntryCounts()
        (counts.new, counts.duplicate, counts.healed, counts.usedByteCount) = (new, duplicate, healed, used)
        return counts
    }

    @Test func committedChunksAreTrustedAndFound() throws {
        let packs = [Sample.pack([1, 2]), Sample.pack([3], kind: .pages)]
        #expect(try catalogue.trusted([Sample.digest(1)]).isEmpty)
        let outcome = try catalogue.commit(packs)
        #expect(outcome.packs == [counts(new: 2, used: 2_003), counts(new: 1, used: 1_003)])
        #expect(outcome.total == counts(new: 3, used: 3_006))
        let digests = [1, 2, 3, 4].map(Sample.digest)
        #expect(try catalogue.trusted(digests) == Set(digests.prefix(3)))
        let locations = try catalogue.locations(of: digests)
        for pack in packs {
            for entry in pack.entries {
                #expect(locations[entry.digest] == ChunkLocation(pack: pack.id, entry: entry))
            }
        }
        #expect(locations.count == 3)
    }

    /// Readers make buffers of the sizes: those that no pack can have are a damaged catalogue.
    @Test(arguments: [
        "offset = 63", "offset = -1", "offset = 9223372036854775807", "storedByteCount = 0", "storedByteCount = -5",
        "plainByteCount = 524289", "plainByteCount = 100", "storedByteCount = 524288 + 1, plainByteCount = 524288 + 1",
    ])
    func impossiblePlacesAreRefused(change: String) throws {
        _ = try catalogue.commit([Sample.pack([1])])
        try catalogue.write { try $0.execute(sql: "UPDATE chunk SET \(change)") }
        #expect(catalogueError { try catalogue.locations(of: [Sample.digest(1)]) }?.code == .damaged)
    }

    /// They are noted under a pack that there is not.
    @Test func missingChunksHaveNoPlace() throws {
        _ = try catalogue.commit([Sample.pack([1])])
        try catalogue.markMissing([Sample.digest(2)], reason: "a test")
        try catalogue.write { try $0.execute(sql: "UPDATE pack SET id = 0") }
        #expect(try catalogue.locations(of: [Sample.digest(2)]).isEmpty)
    }

    @Test func packsAreKnownByTheirIds() throws {
        let packs = (0..<5).map { Sample.pack([$0], at: $0) }
        for pack in packs.reversed() { _ = try catalogue.commit([pack]) }
        #expect(try catalogue.packIDs() == packs.map(\.id))
        #expect(try catalogue.contains(pack: packs[2].id))
        #expect(try !catalogue.contains(pack: .make(at: Sample.time)))
    }

    @Test func aTrustedChunkKeepsItsPlace() throws {
        let (first, second) = (Sample.pack([1, 2]), Sample.pack([2, 3]))
        _ = try catalogue.commit([first])
        #expect(try catalogue.commit([second]).packs == [counts(new: 1, duplicate: 1, used: 1_003)])
        #expect(try catalogue.locations(of: [Sample.digest(2)]).values.map(\.pack) == [first.id])
    }

    @Test func committingTwiceIsHarmless() throws {
        let pack = Sample.pack([1, 2])
        _ = try catalogue.commit([pack])
        let before = try catalogue.statistics()
        #expect(try catalogue.commit([pack, pack]).packs == [counts(duplicate: 2), counts(duplicate: 2)])
        #expect(try catalogue.statistics() == before)
    }

    @Test func aSuspectMovesAndIsTrustedAgain() throws {
        let (old, new) = (Sample.pack([1, 2]), Sample.pack([1]))
        _ = try catalogue.commit([old])
        try catalogue.markSuspect(Sample.digest(1), reason: "CRC")
        #expect(try catalogue.trusted([1, 2].map(Sample.digest)) == [Sample.digest(2)])
        #expect(try catalogue.locations(of: [Sample.digest(1)]).values.map(\.pack) == [old.id])
        #expect(try catalogue.commit([new]).packs == [counts(healed: 1, used: 1_001)])
        #expect(try catalogue.trusted([Sample.digest(1)]) == [Sample.digest(1)])
        #expect(try catalogue.locations(of: [Sample.digest(1)]).values.map(\.pack) == [new.id])
    }

    @Test func aSuspectIsNotHealedByItsOwnPack() throws {
        let pack = Sample.pack([1])
        _ = try catalogue.commit([pack])
        try catalogue.markSuspect(Sample.digest(1), reason: "CRC")
        #expect(try catalogue.commit([pack]).packs == [counts(duplicate: 1)])
        #expect(try catalogue.trusted([Sample.digest(1)]).isEmpty)
    }

    @Test func otherKindsOfDistrustCountAlso() throws {
        _ = try catalogue.commit([Sample.pack([1])])
        // What gc will call condemned.
        try catalogue.write { try $0.execute(sql: "UPDATE chunk SET distrust = 2") }
        #expect(try catalogue.trusted([Sample.digest(1)]).isEmpty)
        #expect(try catalogue.distrustedDigests(limit: 9) == [Sample.digest(1)])
        #expect(try catalogue.commit([Sample.pack([1])]).total.healed == 1)
    }

    @Test func statisticsCountEverything() throws {
        _ = try catalogue.commit([Sample.pack([1, 2]), Sample.pack([2, 3])])
        try catalogue.markSuspect(Sample.digest(3), reason: "")
        try catalogue.importSnapshot(Sample.completed(of: Sample.volume(), second: 7))
        _ = try catalogue.samplePending()
        var expected = CatalogueStatistics()
        (expected.volumeCount, expected.snapshotCount, expected.snapshotFullByteCount) = (1, 2, 5_007)
        (expected.packCount, expected.packByteCount) = (2, 2 << 20)
        (expected.chunkCount, expected.distrustedChunkCount) = (3, 1)
        (expected.chunkPlainByteCount, expected.chunkStoredByteCount) = (3 * 524_288, 3_006)
        #expect(try catalogue.statistics() == expected)
    }

    @Test func anEmptyQuestionHasAnEmptyAnswer() throws {
        #expect(try catalogue.trusted([]).isEmpty)
        #expect(try catalogue.locations(of: []).isEmpty)
        #expect(try catalogue.commit([]).packs.isEmpty)
        #expect(try catalogue.statistics() == CatalogueStatistics())
    }
}

@Suite("Trust")
struct TrustTests {
    let scratch: Scratch
    let catalogue: Catalogue

    init() throws {
        scratch = try Scratch()
        catalogue = try scratch.open()
        _ = try catalogue.commit([Sample.pack(Array(0..<10))])
    }

    private func complete(_ id: SnapshotID, since generation: TrustGeneration) throws -> CompletionOutcome {
        try catalogue.complete(id, image: Sample.image(1), at: Sample.time, trustedSince: generation)
    }

    @Test func generationsGrowWithEachLoss() throws {
        var last = try catalogue.trustGeneration()
        #expect(last == .none)
        for number in 0..<3 {
            try catalogue.markSuspect(Sample.digest(number), reason: "test")
            let next = try catalogue.trustGeneration()
            #expect(next > last)
            last = next
        }
        try catalogue.markSuspect(Sample.digest(2), reason: "again")
        try catalogue.markSuspect(Sample.digest(999), reason: "unknown")
        #expect(try catalogue.trustGeneration() == last)
    }

    @Test func theDistrustedAreListedUpToALimit() throws {
        for number in 0..<3 { try catalogue.markSuspect(Sample.digest(number), reason: "test") }
        #expect(try catalogue.distrustedDigests(limit: 3) == Set((0..<3).map(Sample.digest)))
        #expect(try catalogue.distrustedDigests(limit: 2) == nil)
        _ = try catalogue.commit([Sample.pack([0])])
        #expect(try catalogue.distrustedDigests(limit: 2) == Set([1, 2].map(Sample.digest)))
    }

    @Test func whatLostItsTrustMeanwhileStopsCompletion() throws {
        try catalogue.markSuspect(Sample.digest(0), reason: "before")
        let pending = try catalogue.samplePending()
        let start = try catalogue.trustGeneration()
        try catalogue.markSuspect(Sample.digest(1), reason: "meanwhile")
        let now = try catalogue.trustGeneration()
        #expect(try complete(pending.id, since: start) == .distrusted([Sample.digest(1)], now: now))
        #expect(try catalogue.snapshot(pending.id) == pending)
        #expect(try complete(pending.id, since: now) == .completed)
    }

    @Test func whatWasHealedMeanwhileDoesNot() throws {
        let pending = try catalogue.samplePending()
        try catalogue.markSuspect(Sample.digest(1), reason: "meanwhile")
        _ = try catalogue.commit([Sample.pack([1])])
        #expect(try complete(pending.id, since: .none) == .completed)
    }

    @Test func whatIsGoneFromTheIndexDoes() throws {
        let pending = try catalogue.samplePending()
        try catalogue.markSuspect(Sample.digest(1), reason: "meanwhile")
        try catalogue.write {
            try $0.execute(sql: "DELETE FROM chunk WHERE digest = ?", arguments: [Sample.digest(1).blob])
        }
        let now = try catalogue.trustGeneration()
        #expect(try complete(pending.id, since: .none) == .distrusted([Sample.digest(1)], now: now))
    }
}
