import SnapCodec
import SnapModel
import SnapSystem
import SnapTestSupport
import Testing

@testable import SnapStore

/// Two data packs, a manifest pack, their publication and the record: the way of a snapshot into a store.
private struct Sequence {
    static let contents: [[[UInt8]]] = (0..<3).map { pack in
        (0..<3).map { SeededRandom.bytes(20_000 + $0, seed: UInt64(pack * 10 + $0)) }
    }
    static let packs = [Sample.pack(0), Sample.pack(1), Sample.pack(2)]

    let objects: any ObjectStore

    /// Like a process that is killed, it cleans nothing up when it fails.
    func run() throws -> SnapshotRecord {
        let store = try Store.openOrCreate(objects, at: Sample.time)
        let first = try write(0)
        let second = try write(1)
        _ = try store.publish([first, second])
        _ = try store.publish([try write(2)])
        let record = SnapshotRecord(try Sample.snapshot())
        try store.write(record)
        return try store.record(of: record.snapshot.id)
    }

    private func write(_ number: Int) throws -> UnpublishedPack {
        var writer = try PackWriter(Self.packs[number], kind: .pages, in: objects, targetByteCount: 1 << 20)
        for page in Self.contents[number] {
            var segment = PackSegment(buffer: try AlignedBuffer(byteCount: PackSegment.bufferByteCount))
            segment.append(BlockHasher().digest(of: page), page: page)
            try writer.append(segment)
        }
        return try writer.finish()
    }
}

@Suite("Faults at every call", .timeLimit(.minutes(20)))
struct FaultTests {
    @Test(arguments: StoreKind.allCases, FaultPlan.Moment.allCases)
    func nothingPromisedIsLost(kind: StoreKind, moment: FaultPlan.Moment) throws {
        let callCount = try run(kind, FaultPlan(failing: .max))
        #expect(callCount >= 18, "a run of only \(callCount) calls")
        for number in 0..<callCount {
            for isLasting in [false, true] {
                let plan = FaultPlan(failing: number, moment, code: .noSpace, isLasting: isLasting)
                try run(kind, plan)
                #expect(plan.fired != nil, "call \(number) did not fail")
            }
        }
        let beyond = FaultPlan(failing: callCount, moment)
        try run(kind, beyond)
        #expect(beyond.fired == nil)
    }

    /// Runs with the fault, as a process that then dies; checks; runs again without. Returns how many calls were made.
    @discardableResult
    private func run(_ kind: StoreKind, _ plan: FaultPlan) throws -> Int {
        try kind.with { objects, outside in
            var record: SnapshotRecord?
            do {
                record = try Sequence(objects: FaultyObjectStore(objects, plan: plan)).run()
                #expect(plan.fired == nil, "\(plan.fired ?? "") failed, and nobody noticed")
            } catch let error as StoreError {
                #expect(error.code == .noSpace && plan.fired != nil, "\(error)")
            }
            (objects as? MemoryObjectStore)?.crash()
            try check(outside.reopen(), completed: record, "\(plan.fired ?? "no fault")")
            _ = try outside.reopen().removeLeftovers(under: "packs/")
            let again = try Sequence(objects: outside.reopen()).run()
            try check(outside.reopen(), completed: again, "after \(plan.fired ?? "no fault"), again")
        }
        return plan.callCount
    }

    private func check(_ objects: any ObjectStore, completed: SnapshotRecord?, _ when: String) throws {
        let reader = PackReader(objects)
        var whole: Set<PackID> = []
        for key in try objects.keys(under: "packs/") {
            let pack = try #require(StoreLayout.pack(of: key), "\(when): \(key) is no pack")
            let number = try #require(Sequence.packs.firstIndex(of: pack), "\(when): nobody wrote \(key)")
            let sealed = try reader.list(pack)
            let pages = try sealed.entries.map {
                try reader.page(PageID($0.digest), at: ChunkLocation(pack: pack, entry: $0))
            }
            #expect(pages == Sequence.contents[number], "\(when)")
            whole.insert(pack)
        }
        let records = try objects.keys(under: "snapshots/")
        #expect(
            records.count <= 1 && records.allSatisfy { StoreLayout.snapshot(of: $0) != nil },
            "\(when): \(records)"
        )
        if !records.isEmpty || completed != nil {
            let store = try Store.open(objects)
            #expect(whole == Set(Sequence.packs), "\(when): a record without its packs")
            let id = try #require(store.snapshotIDs().first, "\(when): the record is lost")
            let expected = SnapshotRecord(try Sample.snapshot())
            #expect(try store.record(of: id) == completed ?? expected, "\(when)")
        }
    }
}
