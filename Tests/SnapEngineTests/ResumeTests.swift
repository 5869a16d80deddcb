import Glibc
import SnapCatalogue
import SnapDevice
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapEngine

/// What is durable is never read or stored again.
@Suite("Resuming", .serialized)
struct ResumeTests {
    private func withVolume(_ body: (Bench) throws -> Void) throws {
        try Bench.with { bench in
            let path = try bench.directory.sparseFile(ResumeBench.volumeName, byteCount: ResumeBench.byteCount)
            try ResumeBench.makeVolume(path)
            try body(bench)
        }
    }

    /// The image that a run makes that nobody disturbs, in a root of its own.
    private func undisturbed(_ bench: Bench) throws -> ImagingRun.Result {
        var other = bench
        other.configuration.root = bench.directory.appending("undisturbed")
        let resume = try ResumeBench(other)
        return try resume.work(on: try resume.record().id, TransferProgress())
    }

    private func complete(
        _ bench: Bench, _ snapshot: Snapshot, _ result: ImagingRun.Result, _ progress: TransferProgress
    ) throws -> Engine {
        let engine = try bench.open()
        var snapshot = snapshot
        snapshot.image = SnapshotImage(
            manifestRoot: result.root, fullByteCount: result.blockCount * BlockGeometry.byteCount,
            newByteCount: progress.newByteCount, storedByteCount: progress.storedByteCount)
        let facts = try VolumeFacts.inspect(bench.directory.appending(ResumeBench.volumeName))
        let reader = try VolumeReader(opening: facts, claiming: true)
        defer { reader.close() }
        let generation = try engine.catalogue.trustGeneration(of: snapshot.id)
        _ = try engine.complete([ImagedSnapshot(snapshot: snapshot, reader: reader)], trustedSince: generation)
        return engine
    }

    private func expectWhole(_ engine: Engine, _ bench: Bench, _ id: SnapshotID) throws {
        let outcome = try engine.verify(id, against: bench.directory.appending(ResumeBench.volumeName))
        #expect(outcome.damaged.isEmpty && outcome.differing.isEmpty)
        #expect(try engine.catalogue.checkpoint(id).isEmpty)
    }

    /// Workers that are stopped at each leaf that is noted, until one comes to the end.
    @Test(arguments: [1, 3]) func afterEachLeafGivesTheSameImage(threadCount: Int) throws {
        try withVolume { bench in
            var bench = bench
            (bench.configuration.workerCount, bench.configuration.readerCount) = (threadCount, threadCount)
            let expected = try undisturbed(bench)
            let resume = try ResumeBench(bench)
            let snapshot = try resume.record()
            var stops: [Int] = []
            while true {
                let noted = try resume.catalogue.checkpoint(snapshot.id)
                for leaf in noted { #expect(try resume.isDurable(leaf), "leaf \(leaf)") }
                let progress = TransferProgress()
                let result = try resume.work(on: snapshot.id, progress, until: noted.count + 1)
                #expect(progress.readByteCount <= ResumeBench.readByteCount(without: noted))
                guard let result else { stops.append(noted.count); continue }
                #expect(progress.readByteCount == ResumeBench.readByteCount(without: noted))
                #expect(progress.processedByteCount == ResumeBench.byteCount)
                #expect(result.root == expected.root && result.blockCount == expected.blockCount)
                try expectWhole(complete(bench, snapshot, result, progress), bench, snapshot.id)
                break
            }
            print("resumed with \(stops.map(String.init).joined(separator: ", ")) leaves noted, by \(threadCount)")
            #expect(stops.count >= 2, "it was hardly stopped at all")
        }
    }

    /// The worker is another process, which is killed as soon as so many leaves are noted.
    @Test(arguments: [1, 2, 4]) func afterAKill(leafCount: Int) async throws {
        let directory = try ScratchDirectory()
        defer { directory.remove() }
        let bench = Bench(directory)
        let path = try bench.directory.sparseFile(ResumeBench.volumeName, byteCount: ResumeBench.byteCount)
        try ResumeBench.makeVolume(path)
        let snapshot = try ResumeBench(bench).record()
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [
                folder = directory.path.string as String, id = snapshot.id.rawValue as String,
                leafCount = leafCount as Int
            ] in
            let resume = try ResumeBench(Bench(ScratchDirectory(sharing: FilePath(folder))))
            let id = SnapshotID(wellFormed: id)
            let catalogue = resume.catalogue
            WorkerGroup().start("kill") { _ in
                while ((try? catalogue.checkpoint(id).count) ?? 0) < leafCount { usleepMilliseconds(1) }
                kill(getpid(), SIGKILL)
            }
            _ = try resume.work(on: id, TransferProgress())
        }
        let resume = try ResumeBench(bench)
        let noted = try resume.catalogue.checkpoint(snapshot.id)
        #expect(noted.count >= leafCount)
        for leaf in noted { #expect(try resume.isDurable(leaf), "leaf \(leaf)") }
        let progress = TransferProgress()
        let result = try resume.work(on: snapshot.id, progress)
        #expect(try result.root == undisturbed(bench).root)
        #expect(progress.readByteCount == ResumeBench.readByteCount(without: noted))
        try expectWhole(complete(bench, snapshot, result, progress), bench, snapshot.id)
    }

    /// All is noted once a run is done, so that a worker that dies while others of a set go on leaves nothing to do.
    @Test func whatIsDoneIsNotReadAgain() throws {
        try withVolume { bench in
            let resume = try ResumeBench(bench)
            let snapshot = try resume.record()
            let first = try resume.work(on: snapshot.id, TransferProgress())
            let progress = TransferProgress()
            let second = try resume.work(on: snapshot.id, progress)
            #expect(second.root == first.root && second.blockCount == first.blockCount)
            #expect(progress.readByteCount == 0 && progress.newByteCount == 0)
            #expect(progress.processedByteCount == ResumeBench.byteCount)
            try expectWhole(complete(bench, snapshot, second, progress), bench, snapshot.id)
        }
    }

    @Test func aPageThatLostItsTrustIsMadeAnew() throws {
        try withVolume { bench in
            let resume = try ResumeBench(bench)
            let snapshot = try resume.record()
            let first = try resume.work(on: snapshot.id, TransferProgress())
            let noted = try resume.catalogue.checkpoint(snapshot.id)
            let lost = try #require(noted.first { $0.number == 4 })
            let page = try #require(lost.page)
            try resume.catalogue.markSuspect(page.digest, reason: "a test")
            let progress = TransferProgress()
            let second = try resume.work(on: snapshot.id, progress)
            #expect(second.root == first.root)
            #expect(progress.readByteCount == ResumeBench.readByteCount(without: noted.filter { $0 != lost }))
            #expect(try resume.catalogue.trusted([page.digest]) == [page.digest], "it was stored again")
            try expectWhole(complete(bench, snapshot, second, progress), bench, snapshot.id)
        }
    }

    /// The second worker never looks at the block; that its chunk is not to be relied on is found at the end.
    @Test func aChunkThatLostItsTrustBetweenTheWorkersIsStoredAgain() throws {
        try withVolume { bench in
            let resume = try ResumeBench(bench)
            let snapshot = try resume.record()
            _ = try resume.work(on: snapshot.id, TransferProgress())
            let leaf = try #require(try resume.catalogue.checkpoint(snapshot.id).first { $0.number == 5 })
            let pages = CataloguePages(catalogue: resume.catalogue, packs: PackReader(resume.store.objects))
            let page = try ManifestPage(decoding: try pages.page(try #require(leaf.page)))
            let digest = page.entries[7].digest
            let place = try resume.catalogue.locations(of: [digest])[digest]?.pack
            try resume.catalogue.markSuspect(digest, reason: "a test")
            let progress = TransferProgress()
            let second = try resume.work(on: snapshot.id, progress)
            #expect(progress.readByteCount == 0)
            let engine = try complete(bench, snapshot, second, progress)
            #expect(try engine.catalogue.locations(of: [digest])[digest]?.pack != place)
            #expect(try engine.catalogue.trusted([digest]) == [digest])
            try expectWhole(engine, bench, snapshot.id)
        }
    }

    /// Where no pack becomes durable, no leaf that needs one is noted.
    @Test(arguments: [FaultMoment.before, .after]) func nothingIsNotedThatIsNotCommitted(_ moment: FaultMoment) throws {
        try withVolume { bench in
            let resume = try ResumeBench(bench) { (call, key, asked) throws(StoreError) in
                if call == .publish, asked == moment { throw StoreError(.noSpace, key, "no space") }
            }
            let snapshot = try resume.record()
            let error = engineError { _ = try resume.work(on: snapshot.id, TransferProgress()) }
            #expect(error?.code == .storeFull)
            #expect(try resume.catalogue.checkpoint(snapshot.id).allSatisfy { $0.page == nil })
        }
    }
}
