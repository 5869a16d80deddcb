import SnapCatalogue
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import Testing

@testable import SnapEngine

/// Prints what changes of records cost in a large catalogue: SNAPCTL_FIGURES names its size.
@Suite("Figures of records", .serialized)
struct RecordFigures {
    private static let count = Environment.value("SNAPCTL_FIGURES").flatMap { Int($0) } ?? 2_000
    private static let tagCount = 20

    @Test func amongManySnapshots() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            var large = bench
            large.configuration.root = try bench.directory.folder("large")
            let store = try Engine.openStore(
                large.configuration, over: LocalObjectStore(root: large.configuration.storePath), creating: true)
            let tags = (0..<Self.tagCount).map { SnapshotTag(key: "key \($0)", value: "value \($0)") }
            var ids: [SnapshotID] = []
            try Catalogue.rebuild(at: large.configuration.cataloguePath, store: store.id) { filler in
                for number in 0..<Self.count {
                    var copy = snapshot
                    copy.id = .random()
                    copy.tags = tags
                    copy.startTime = snapshot.startTime.adding(hours: number)
                    if number % (Self.count / 100) == 0 {
                        ids.append(copy.id)
                        try store.write(SnapshotRecord(copy))
                    }
                    try filler.add(copy)
                }
            }
            let opening = Stopwatch()
            let many = try large.open()
            print("records: open among \(Self.count): \(opening.elapsed)")
            report("tag", ids) { try many.tag($0, "Name", "x") }
            report("delete into the bin", ids) { _ = try many.deleteSnapshot($0) }
            report("restore from the bin", ids) { _ = try many.restoreFromBin($0) }
            report("delete for good", ids) { _ = try many.deleteSnapshot($0, options: DeleteOptions(skipsBin: true)) }
            let left = try many.catalogue.snapshots(in: .anywhere).count
            #expect(left == Self.count - ids.count)
        }
    }

    private func report(_ what: String, _ ids: [SnapshotID], _ body: (SnapshotID) throws -> Void) {
        var times: [Duration] = []
        for id in ids {
            let watch = Stopwatch()
            do { try body(id) } catch { Issue.record(error) }
            times.append(watch.elapsed)
        }
        times.sort()
        print("records: \(what): median \(times[times.count / 2]), slowest \(times[times.count - 1])")
    }
}
