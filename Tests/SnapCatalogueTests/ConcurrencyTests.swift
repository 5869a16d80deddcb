import Foundation
import GRDB
import Glibc
import SnapModel
import SnapSystem
import SystemPackage
import Testing

@testable import SnapCatalogue

/// Sizes of what each process does; constants, since a process of an exit test knows nothing of its parent's variables.
private enum Load {
    static let packCount = 30
    static let sharedEntryCount = 5
}

/// What one of several processes does at once with the others: packs of its own digests and of shared ones, a snapshot.
private func work(path: String, store: String, number: Int) throws {
    let catalogue = try Catalogue.open(at: FilePath(path), store: StoreID(rawValue: store))
    let pending = try catalogue.samplePending(second: number)
    for pack in 0..<Load.packCount {
        let own = (0..<3).map { 1_000 * (number + 1) + 3 * pack + $0 }
        let shared = (0..<Load.sharedEntryCount).map { $0 + pack }
        let outcome = try catalogue.commit([Sample.pack(own + shared)])
        try #require(outcome.total.new >= 3)
        try #require(
            try catalogue.trusted((own + shared).map(Sample.digest)).count == own.count + shared.count
        )
        try catalogue.sampleProgress(pending.id, pack)
    }
    _ = try catalogue.complete(
        pending.id,
        image: Sample.image(number),
        at: Sample.time,
        trustedSince: catalogue.trustGeneration()
    )
}

@Suite("Several users at once")
struct ConcurrencyTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func check(workerCount: Int) throws {
        let catalogue = try scratch.open()
        let statistics = try catalogue.statistics()
        #expect(statistics.packCount == workerCount * Load.packCount)
        let shared = Load.packCount + Load.sharedEntryCount - 1
        #expect(statistics.chunkCount == workerCount * 3 * Load.packCount + shared)
        #expect(try catalogue.snapshots().map(\.state) == Array(repeating: .completed, count: workerCount))
        #expect(try catalogue.volumes().count == 1, "all registered the same volume")
        #expect(try catalogue.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") } == ["ok"])
    }

    @Test func processesThatStartTogether() async throws {
        let (path, store) = (scratch.path.string, scratch.store.rawValue)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<3 {
                group.addTask {
                    await #expect(processExitsWith: .success) {
                        [path = path as String, store = store as String, number = number as Int] in
                        try work(path: path, store: store, number: number)
                    }
                }
            }
        }
        try check(workerCount: 3)
    }

    @Test func instancesInOneProcess() throws {
        let (path, store) = (scratch.path.string, scratch.store.rawValue)
        let failure = FirstFailure<CatalogueError>()
        let workers = WorkerGroup()
        workers.start("catalogue", count: 4) { number in
            if let error = catalogueError({ try work(path: path, store: store, number: number) }) {
                failure.record(error)
            }
        }
        workers.wait()
        try failure.rethrow()
        try check(workerCount: 4)
    }

    @Test func threadsOfOneInstance() throws {
        let catalogue = try scratch.open()
        _ = try catalogue.commit([Sample.pack(Array(0..<100))])
        let failure = FirstFailure<CatalogueError>()
        let workers = WorkerGroup()
        workers.start("ask", count: 12) { number in
            for round in 0..<200 {
                do throws(CatalogueError) {
                    let digests = (0..<4).map { Sample.digest((number * 31 + round * 7 + $0) % 100) }
                    #expect(try catalogue.trusted(digests) == Set(digests))
                    if round % 50 == 0 {
                        _ = try catalogue.commit([Sample.pack([1_000 + number * 200 + round])])
                    }
                } catch {
                    failure.record(error)
                }
            }
        }
        workers.wait()
        try failure.rethrow()
        #expect(try catalogue.statistics().chunkCount == 100 + 12 * 4)
    }

    @Test func whatWasCommittedOutlivesAKill() async throws {
        let (path, store) = (scratch.path.string, scratch.store.rawValue)
        for round in 0..<3 {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, store = store as String, round = round as Int] in
                let catalogue = try Catalogue.open(at: FilePath(path), store: StoreID(rawValue: store))
                _ = try catalogue.samplePending(second: round)
                _ = try catalogue.commit([Sample.pack(Array(100 * round..<100 * round + 50), at: round)])
                // In the middle of a transaction that must leave no trace.
                try catalogue.write { database in
                    try database.execute(sql: "DELETE FROM chunk; DELETE FROM snapshot")
                    kill(getpid(), SIGKILL)
                }
            }
            let catalogue = try scratch.open()
            #expect(try catalogue.statistics().chunkCount == 50 * (round + 1))
            #expect(try catalogue.pendingSnapshots().count == round + 1)
            #expect(try catalogue.pendingSnapshots().allSatisfy { $0.worker?.isAlive == false })
        }
    }
}
