import Glibc
import SnapModel
import SnapSystem
import Testing

@testable import SnapCatalogue

/// Prints what things cost. No assertions: machines differ, and debug builds are slow.
@Suite("Figures", .serialized)
struct SpeedTests {
    @Test func tenThousandSnapshots() throws {
        let scratch = try Scratch()
        let volumes = (0..<20).map(Sample.volume)
        try Catalogue.rebuild(at: scratch.path, store: scratch.store) { filler in
            for number in 0..<10_000 {
                let tags = number.isMultiple(of: 2) ? [Tag(key: "Name", value: "nightly \(number)")] : []
                try filler.add(Sample.completed(of: volumes[number % 20], second: number, tags: tags))
            }
        }
        var watch = Cost()
        let catalogue = try scratch.open()
        report("open", watch)
        for round in 1...4 {
            watch = Cost()
            let snapshots = try catalogue.snapshots()
            report("list 10,000 snapshots, round \(round)", watch)
            #expect(snapshots.count == 10_000)
        }
        let ids = try catalogue.snapshots().prefix(1_000).map(\.id)
        watch = Cost()
        _ = try catalogue.snapshots(ids)
        report("1,000 of them by id", watch)
        watch = Cost()
        _ = try catalogue.snapshot(ids[500])
        report("one of them by id", watch)
    }

    @Test func theIndex() throws {
        let scratch = try Scratch()
        let catalogue = try scratch.open()
        let packs = (0..<100).map { pack in Sample.pack((0..<100).map { $0 + pack * 100 }, at: pack) }
        var watch = Cost()
        for pack in packs { _ = try catalogue.commit([pack]) }
        report("commit of a pack of 100", watch, each: 100)
        let digests = (0..<10_000).map(Sample.digest)
        watch = Cost()
        for first in stride(from: 0, to: 8_000, by: 4) {
            _ = try catalogue.trusted(Array(digests[first..<first + 4]))
        }
        report("trusted, 4 digests", watch, each: 2_000)
        watch = Cost()
        _ = try catalogue.locations(of: digests)
        report("locations of 10,000", watch)
        let pending = try catalogue.samplePending()
        try catalogue.sampleProgress(pending.id, 0)
        watch = Cost()
        for number in 0..<100 { try catalogue.sampleProgress(pending.id, number) }
        report("progress", watch, each: 100)
    }

    @Test func aRebuild() throws {
        let scratch = try Scratch()
        let watch = Cost()
        try Catalogue.rebuild(at: scratch.path, store: scratch.store) { filler in
            for pack in 0..<100 {
                try filler.add(Sample.pack((0..<1_000).map { $0 + pack * 1_000 }, at: pack))
            }
        }
        report("rebuild of 100,000 chunks", watch)
    }

    private func report(_ what: String, _ cost: Cost, each count: Double = 1) {
        let (elapsed, processor) = (cost.watch.seconds / count, cost.processorSeconds / count)
        print(
            "catalogue: \(what): \(Int(elapsed * 1_000_000)) µs, \(Int(processor * 1_000_000)) µs of processor"
        )
    }
}

/// What passed since it was made: by the clock, and on processors, which a busy machine does not blur.
private struct Cost {
    let watch = Stopwatch()
    private let start = Self.processorTime

    var processorSeconds: Double { Self.processorTime - start }

    private static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
