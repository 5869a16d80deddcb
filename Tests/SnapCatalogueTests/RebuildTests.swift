import Foundation
import SnapModel
import SnapSystem
import SystemPackage
import Testing

@testable import SnapCatalogue

@Suite("Rebuilding")
struct RebuildTests {
    let scratch: Scratch
    let snapshots: [Snapshot]
    let packs: [SealedPack]

    init() throws {
        scratch = try Scratch()
        let volume = Sample.volume()
        snapshots = (0..<5).map {
            Sample.completed(of: volume, second: $0, tags: [Tag(key: "n", value: "\($0)")])
        }
        packs = (0..<5).map { Sample.pack([$0, $0 + 1, $0 + 2], at: $0) }
    }

    private func fill(_ filler: CatalogueFiller) throws {
        for pack in packs { try filler.add(pack) }
        for snapshot in snapshots { try filler.add(snapshot) }
    }

    private func rebuild() throws { try Catalogue.rebuild(at: scratch.path, store: scratch.store, fill) }

    private func check() throws {
        let catalogue = try scratch.open()
        #expect(try catalogue.snapshots(order: .oldestFirst) == snapshots)
        #expect(try catalogue.packIDs() == packs.map(\.id))
        let digests = (0..<7).map(Sample.digest)
        #expect(try catalogue.trusted(digests) == Set(digests))
        for name in try scratch.names() { #expect(!name.contains(AtomicFile.temporaryMarker)) }
    }

    @Test func fromNothing() throws {
        try rebuild()
        #expect(try scratch.names() == ["catalogue.db", "catalogue.db.lock"])
        try check()
    }

    @Test func overGarbage() throws {
        for name in ["", "-wal", "-shm"] {
            try Data(repeating: 7, count: 50_000).write(to: URL(filePath: scratch.path.string + name))
        }
        try rebuild()
        try check()
    }

    @Test func overAnotherStoresCatalogue() throws {
        do { _ = try Catalogue.open(at: scratch.path, store: .random()).samplePending() }
        try rebuild()
        try check()
    }

    @Test func overOneThatWasKilled() throws {
        let other = try Scratch()
        do {
            let catalogue = try other.open()
            _ = try catalogue.samplePending()
            for name in ["", "-wal", "-shm"] {
                let source = other.path.string + name
                try FileManager.default.copyItem(atPath: source, toPath: scratch.path.string + name)
            }
        }
        try rebuild()
        try check()
    }

    @Test func refusedWhileSomebodyHasItOpen() throws {
        let catalogue = try scratch.open()
        var isAsked = false
        let error = catalogueError {
            try Catalogue.rebuild(at: scratch.path, store: scratch.store) { _ in isAsked = true }
        }
        #expect(error?.code == .busy && !isAsked)
        #expect(try catalogue.volumes().isEmpty)
    }

    @Test func nobodyOpensItMeanwhile() throws {
        try Catalogue.rebuild(at: scratch.path, store: scratch.store) { _ in
            #expect(catalogueError { try scratch.open() }?.code == .busy)
        }
        _ = try scratch.open()
    }

    @Test func aFailureLeavesTheOldAsItWas() throws {
        struct Refusal: Error {}
        let volume = try scratch.open().sampleVolume()
        #expect(throws: Refusal.self) {
            try Catalogue.rebuild(at: scratch.path, store: scratch.store) { filler in
                try fill(filler)
                throw Refusal()
            }
        }
        #expect(try scratch.open().volumes() == [volume])
        for name in try scratch.names() { #expect(!name.contains(AtomicFile.temporaryMarker)) }
    }

    @Test func theRemainsOfADeadRebuildAreRemoved() throws {
        let remains = scratch.path.string + AtomicFile.temporaryMarker + "1-2-abc"
        try Data("x".utf8).write(to: URL(filePath: remains))
        try rebuild()
        try check()
    }

    /// Cut off after the work was done, before, between and after the removal of the old files.
    @Test(arguments: [0, 1, 2, 3])
    func aCrashDuringTheExchangeIsMadeGoodByTheNext(removedCount: Int) throws {
        try rebuild()
        try FileManager.default.moveItem(
            atPath: scratch.path.string,
            toPath: scratch.path.string + ".rebuilt"
        )
        for name in ["", "-wal", "-shm"].dropFirst(removedCount) {
            try Data(repeating: 7, count: 9_000).write(to: URL(filePath: scratch.path.string + name))
        }
        try check()
        #expect(try !scratch.names().contains("catalogue.db.rebuilt"))
    }

    @Test(arguments: [false, true])
    func theNewerPackCounts(newestFirst: Bool) throws {
        let (old, new) = (Sample.pack([1], at: 0), Sample.pack([1], at: 60))
        try Catalogue.rebuild(at: scratch.path, store: scratch.store) { filler in
            for pack in newestFirst ? [new, old] : [old, new] { try filler.add(pack) }
        }
        let location = try scratch.open().locations(of: [Sample.digest(1)])
        #expect(location.values.map(\.pack) == [new.id])
    }

    @Test func addingTwiceIsHarmless() throws {
        try Catalogue.rebuild(at: scratch.path, store: scratch.store) { filler in
            try fill(filler)
            try fill(filler)
        }
        try check()
    }

    @Test func moreEntriesThanABatchHolds() throws {
        let many = (0..<2).map { part in Sample.pack((0..<33_000).map { $0 + part * 33_000 }, at: part) }
        try Catalogue.rebuild(at: scratch.path, store: scratch.store) { filler in
            for pack in many { try filler.add(pack) }
        }
        let catalogue = try scratch.open()
        #expect(try catalogue.statistics().chunkCount == 66_000)
        #expect(try catalogue.locations(of: [Sample.digest(65_999)]).values.map(\.pack) == [many[1].id])
    }

    @Test func theNewOneWorks() throws {
        try rebuild()
        let catalogue = try scratch.open()
        try catalogue.markSuspect(Sample.digest(1), reason: "test")
        #expect(try catalogue.commit([Sample.pack([1, 100], at: 99)]).total.healed == 1)
        _ = try catalogue.samplePending(second: 100)
    }
}
