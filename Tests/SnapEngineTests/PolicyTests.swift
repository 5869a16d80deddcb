import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

@Suite("Applying policies")
struct PolicyTests {
    private static let block = BlockGeometry.byteCount

    private static func policy(_ name: String, volumes: [String] = ["*"], keepLast count: Int) -> RetentionPolicy {
        var rules = RetentionRules()
        rules.last = count
        return RetentionPolicy(name: name, volumes: volumes, rules: rules)
    }

    private static func open(_ bench: Bench, _ policies: RetentionPolicy...) throws -> Engine {
        var bench = bench
        bench.configuration.policies = policies
        return try bench.open()
    }

    /// Snapshots of one file, with a block of their own each.
    private static func snapshots(
        _ count: Int, of path: FilePath, _ engine: Engine, seed: UInt64 = 1
    ) throws -> [SnapshotID] {
        try (0..<count).map { index in
            let bytes = SeededRandom.bytes(block, seed: seed * 1_000 + UInt64(index))
            try File.overwrite(path, bytes, at: index % 3 * block)
            return try engine.create(path).id
        }
    }

    private static func fates(_ outcome: PolicyOutcome) -> [SnapshotID: PolicyOutcome.Fate] {
        Dictionary(uniqueKeysWithValues: outcome.lines.map { ($0.verdict.snapshot.id, $0.fate) })
    }

    /// Two volumes that share much: what the dry run says is what gc gives back, to the byte.
    @Test(arguments: [true, false]) func whatIsToldComesFree(skipsBin: Bool) throws {
        try Bench.with { bench in
            let engine = try Self.open(bench, Self.policy("all", keepLast: 2))
            let shared = SeededRandom.bytes(3 * Self.block, seed: 5)
            let one = try bench.directory.file("one", shared)
            let other = try bench.directory.file("other", SeededRandom.bytes(Self.block, seed: 6) + shared)
            _ = try Self.snapshots(4, of: one, engine)
            // Of the same bytes in part.
            _ = try Self.snapshots(4, of: other, engine)
            _ = try engine.collectGarbage(deadShareLimit: 0)
            let dry = try engine.applyPolicies(isDryRun: true)
            #expect(dry.lines.count { $0.fate == .goes } == 4 && dry.freedByteCount > Self.block)
            #expect(try engine.snapshots([]).count == 8)
            let now = Timestamp.now()
            let applied = try engine.applyPolicies(isDryRun: false, skipsBin: skipsBin, at: now)
            #expect(applied.freedByteCount == dry.freedByteCount)
            if !skipsBin {
                #expect(
                    try engine.collectGarbage(deadShareLimit: 0).freed.byteCount == 0, "the bin keeps what it needs")
                #expect(try engine.purgeBin(at: now.later(days: 7)).count == 4)
            }
            let before = try engine.statistics().indexedByteCount
            let report = try engine.collectGarbage(deadShareLimit: 0)
            #expect(report.freed.byteCount == dry.freedByteCount)
            #expect(try before - engine.statistics().indexedByteCount == dry.freedByteCount)
            for snapshot in try engine.snapshots([]) { #expect(try engine.isWhole(snapshot.id)) }
            #expect(try engine.applyPolicies(isDryRun: true).freedByteCount == 0)
        }
    }

    @Test func whatIsLockedOrReadStaysAndIsTold() throws {
        try Bench.with { bench in
            let engine = try Self.open(bench, Self.policy("all", keepLast: 1))
            let ids = try Self.snapshots(4, of: try bench.directory.file("volume", [1]), engine)
            let terms = SnapshotLockTerms(mode: .governance, term: .days(1))
            let lock = try #require(try engine.lock(LockRequest(snapshot: ids[0], terms: terms)).lock)
            for isDryRun in [true, false] {
                let outcome = try engine.whileReading([ids[1]]) { () throws(EngineError) in
                    try engine.applyPolicies(isDryRun: isDryRun, skipsBin: true)
                }
                let fates = Self.fates(outcome)
                #expect(fates[ids[0]] == .locked(until: lock.expiryTime) && fates[ids[1]] == .inUse)
                #expect(fates[ids[2]] == (isDryRun ? .goes : .deleted(nil)) && fates[ids[3]] == .kept)
            }
            #expect(try Set(engine.snapshots([]).map(\.id)) == [ids[0], ids[1], ids[3]])
            // Once nobody reads it, and the lock is over.
            _ = try engine.applyPolicies(isDryRun: false, at: .now().later(days: 2))
            #expect(try engine.snapshots([]).map(\.id) == [ids[3]])
        }
    }

    /// A path is what is there now, whatever links lead to it, and not what once was.
    @Test func aPathIsTheVolumeThatIsThereNow() throws {
        try Bench.with { bench in
            let path = try bench.directory.file("volume", [1])
            let link = bench.directory.appending("by-name")
            try Command.check("ln", "-s", "volume", link.string)
            let engine = try Self.open(
                bench, Self.policy("link", volumes: [link.string], keepLast: 1),
                Self.policy("path", volumes: [path.string], keepLast: 1))
            let old = try Self.snapshots(3, of: path, engine)
            let dry = try engine.applyPolicies(["link"], isDryRun: true)
            #expect(dry.lines.count == 3 && dry.lines.allSatisfy { $0.verdict.policies == ["link", "path"] })
            // Another takes its place.
            try File.rename(path, to: bench.directory.appending("moved"))
            _ = try bench.directory.file("volume", [2])
            #expect(try engine.applyPolicies(isDryRun: false).lines.isEmpty, "nobody has a snapshot of that one")
            let new = try Self.snapshots(3, of: path, engine, seed: 2)
            let outcome = try engine.applyPolicies(isDryRun: false)
            #expect(Set(outcome.lines.map(\.verdict.snapshot.id)) == Set(new))
            #expect(try Set(engine.snapshots([]).map(\.id)) == Set(old + [new[2]]))
            // Where nothing is, the last that was imaged there is meant.
            _ = try Self.snapshots(1, of: path, engine, seed: 3)
            try File.remove(path)
            #expect(
                Set(try engine.applyPolicies(["path"], isDryRun: true).lines.map(\.verdict.snapshot.volume.id)).count
                    == 1)
            #expect(try engine.applyPolicies(isDryRun: false).lines.count == 2)
            #expect(try engine.snapshots([]).count == 4 && engine.snapshots(old).count == 3)
        }
    }

    /// What is damaged is nothing to fall back on.
    @Test func aGoodOneStaysBesideDamagedOnes() throws {
        try Bench.with { bench in
            let engine = try Self.open(bench, Self.policy("all", keepLast: 1))
            let ids = try Self.snapshots(4, of: try bench.directory.file("volume", [1]), engine)
            var record = engine.maintenanceRecord
            record.note(ids[3], isDamaged: true, at: .now())
            record.note(ids[0], isDamaged: true, at: .now())
            try engine.write(record)
            let outcome = try engine.applyPolicies(isDryRun: false)
            #expect(outcome.lines.map(\.verdict.isKept) == [true, true, false, true])
            #expect(outcome.lines[0].verdict.reasons.map(\.reason) == [.damaged])
            #expect(try Set(engine.snapshots([]).map(\.id)) == [ids[0], ids[2], ids[3]])
        }
    }

    /// What was deleted before a failure is told with it.
    @Test func aFailureIsToldWithWhatWasDone() throws {
        try Bench.with { bench in
            let ids = try Self.snapshots(5, of: try bench.directory.file("volume", [1]), try bench.open())
            var faulty = bench
            faulty.configuration.policies = [Self.policy("all", keepLast: 1)]
            let doomed = ids[1].rawValue
            let engine = try faulty.open { (call, key, moment) throws(StoreError) in
                guard call == .put, key.contains(doomed), moment == .before else { return }
                throw StoreError(.noSpace, key, "nothing is left")
            }
            let outcome = try engine.applyPolicies(isDryRun: false)
            #expect(outcome.failure?.code == .storeFull)
            let deleted = outcome.lines.filter { if case .deleted = $0.fate { true } else { false } }
            #expect(Set(deleted.map(\.verdict.snapshot.id)) == [ids[2], ids[3]])
            #expect(outcome.lines.count { $0.fate == .goes } == 2)
            #expect(try Set(engine.binnedSnapshots().map(\.id)) == [ids[2], ids[3]])
            // And the next goes on.
            #expect(try bench.open().snapshots([]).count == 3)
            let rest = try Self.open(bench, Self.policy("all", keepLast: 1)).applyPolicies(isDryRun: false)
            #expect(rest.failure == nil && rest.lines.count { $0.fate != .kept } == 2)
        }
    }

    @Test func onlyThePoliciesThatAreNamed() throws {
        try Bench.with { bench in
            let (one, other) = (try bench.directory.file("one", [1]), try bench.directory.file("other", [2]))
            let engine = try Self.open(
                bench, Self.policy("one", volumes: [one.string], keepLast: 1),
                Self.policy("other", volumes: [other.string], keepLast: 1),
                Self.policy("more", volumes: [one.string], keepLast: 2))
            let ones = try Self.snapshots(3, of: one, engine)
            let others = try Self.snapshots(3, of: other, engine, seed: 2)
            // What another keeps stays all the same.
            _ = try engine.applyPolicies(["one"], isDryRun: false)
            #expect(try Set(engine.snapshots([]).map(\.id)) == Set(ones.suffix(2) + others))
            #expect(engineError { _ = try engine.applyPolicies(["none"], isDryRun: true) }?.code == .policyNotFound)
        }
    }
}

@Suite("Reading to find damage")
struct ScrubTests {
    /// A snapshot that cannot be read keeps no other from being read, neither now nor next time.
    @Test func oneThatFailsDoesNotKeepOthersFromBeingRead() throws {
        try Bench.with { bench in
            let path = try bench.directory.file("volume", SeededRandom.bytes(2 << 20, seed: 1))
            let first = try bench.open().create(path)
            let known = Set(try bench.open().store.packIDs().map { StoreLayout.key(of: $0).path })
            try File.overwrite(path, SeededRandom.bytes(2 << 20, seed: 2), at: 0)
            let second = try bench.open().create(path)
            // Those of the second.
            let engine = try bench.open { (call, key, _) throws(StoreError) in
                guard [.get, .read, .byteCount].contains(call), key.hasSuffix(".pack"), !known.contains(key) else {
                    return
                }
                throw StoreError(.permissionDenied, key, "not now")
            }
            var record = engine.maintenanceRecord
            let scrub = try engine.scrub(
                within: .seconds(600), noting: &record, progress: TransferProgress(), cancellation: CancellationFlag())
            #expect(scrub.read.map(\.snapshot.id) == [first.id] && scrub.failure != nil)
            #expect(record.readTimes.keys.sorted() == [first.id.rawValue] && record.damaged.isEmpty)
            let again = try bench.open().scrub(
                within: .seconds(600), noting: &record, progress: TransferProgress(), cancellation: CancellationFlag())
            #expect(again.read.map(\.snapshot.id) == [second.id, first.id] && again.failure == nil)
        }
    }
}
