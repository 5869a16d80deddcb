import GRDB
import SnapModel
import Testing

@testable import SnapCatalogue

@Suite("Checkpoints")
struct CheckpointTests {
    let scratch: Scratch
    let catalogue: Catalogue

    init() throws {
        scratch = try Scratch()
        catalogue = try scratch.open()
    }

    private static let leaves = [
        LeafCheckpoint(number: 0, page: PageID(Sample.digest(1)), blockCount: 1_024),
        LeafCheckpoint(number: 2, page: nil, blockCount: 0),
        LeafCheckpoint(number: 131_071, page: PageID(Sample.digest(2)), blockCount: 1),
    ]

    private func rowCount() throws -> Int? {
        try catalogue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM checkpoint") }
    }

    @Test func leavesAreReadBackByNumber() throws {
        let (id, other) = (try catalogue.samplePending().id, try catalogue.samplePending(second: 1).id)
        try catalogue.noteCheckpoint(id, leaves: Self.leaves.reversed())
        try catalogue.noteCheckpoint(id, leaves: [Self.leaves[1]])
        try catalogue.noteCheckpoint(other, leaves: [Self.leaves[0]])
        #expect(try scratch.open().checkpoint(id) == Self.leaves)
        #expect(try catalogue.checkpoint(.random()).isEmpty)
    }

    @Test(arguments: ["fail", "complete", "import"])
    func theyGoWithTheEnd(end: String) throws {
        let pending = try catalogue.samplePending()
        let other = try catalogue.samplePending(second: 1).id
        for id in [pending.id, other] { try catalogue.noteCheckpoint(id, leaves: Self.leaves) }
        switch end {
        case "fail": _ = try catalogue.fail([pending.id], message: "")
        case "complete":
            _ = try catalogue.complete(pending.id, image: Sample.image(1), at: Sample.time, trustedSince: .none)
        default:
            var completed = Sample.completed(of: pending.volume, second: 3)
            completed.id = pending.id
            try catalogue.importSnapshot(completed)
        }
        #expect(try catalogue.checkpoint(pending.id).isEmpty)
        #expect(try catalogue.checkpoint(other) == Self.leaves)
        #expect(try rowCount() == Self.leaves.count)
    }

    @Test func onlyPendingSnapshotsHaveThem() throws {
        let id = try catalogue.samplePending().id
        _ = try catalogue.fail([id], message: "")
        #expect(catalogueError { try catalogue.noteCheckpoint(id, leaves: Self.leaves) }?.code == .notPending)
        let unknown = catalogueError { try catalogue.noteCheckpoint(.random(), leaves: Self.leaves) }
        #expect(unknown?.code == .unknownSnapshot)
        #expect(try rowCount() == 0)
    }

    /// What a later worker finds stored, the first may have found: losses of trust since then count.
    @Test func trustBeginsWithTheFirstWorker() throws {
        let id = try catalogue.samplePending().id
        _ = try catalogue.commit([Sample.pack([1, 2])])
        try catalogue.markSuspect(Sample.digest(1), reason: "before")
        let first = try catalogue.trustGeneration(of: id)
        #expect(first.rawValue == 1)
        try catalogue.markSuspect(Sample.digest(2), reason: "after")
        #expect(try scratch.open().trustGeneration(of: id) == first)
        let outcome = try catalogue.complete(id, image: Sample.image(1), at: Sample.time, trustedSince: first)
        #expect(outcome == .distrusted([Sample.digest(2)], now: TrustGeneration(rawValue: 2)))
        #expect(catalogueError { try catalogue.trustGeneration(of: .random()) }?.code == .unknownSnapshot)
    }

    @Test func aMalformedPageIsDamageNotATrap() throws {
        let id = try catalogue.samplePending().id
        try catalogue.noteCheckpoint(id, leaves: Self.leaves)
        try catalogue.write { try $0.execute(sql: "UPDATE checkpoint SET page = x'00'") }
        #expect(catalogueError { try catalogue.checkpoint(id) }?.code == .damaged)
    }
}
