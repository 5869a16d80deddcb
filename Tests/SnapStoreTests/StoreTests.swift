import SnapCodec
import SnapModel
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapStore

@Suite("Stores")
struct StoreTests {
    private static let golden = """
        {
          "BlockSize" : 524288,
          "Created" : "2014-02-28T21:06:01.000Z",
          "FormatVersion" : 1,
          "StoreId" : "STORE"
        }

        """

    private static func text(of objects: any ObjectStore) throws -> String {
        String(decoding: try objects.get(StoreLayout.description), as: UTF8.self)
    }

    @Test(arguments: StoreKind.allCases)
    func madeOnceAndOpenedAfterwards(kind: StoreKind) throws {
        try kind.with { objects, _ in
            let missing = #expect(throws: StoreError.self) { _ = try Store.open(objects) }
            #expect(missing?.code == .missing)
            let store = try Store.openOrCreate(objects, at: Sample.time)
            #expect(try Self.text(of: objects) == Self.golden.replacing("STORE", with: store.id.rawValue))
            #expect(try Store.openOrCreate(objects, at: Timestamp(millisecondsSinceEpoch: 5)).id == store.id)
            #expect(try Store.open(objects).id == store.id)
            #expect(try Self.text(of: objects).contains("2014-02-28"))
        }
    }

    @Test func goldenTextIsRead() throws {
        let objects = MemoryObjectStore()
        let id = "0189abcd-ef01-4234-9678-9abcdef0123f"
        try objects.put(Array(Self.golden.replacing("STORE", with: id).utf8), to: StoreLayout.description)
        #expect(try Store.open(objects).id.rawValue == id)
    }

    @Test func mutatedDescriptionsThrowOrParse() throws {
        let objects = MemoryObjectStore()
        try Mutations.forEach(of: Array(Self.golden.utf8)) { mutated in
            try objects.put(mutated, to: StoreLayout.description)
            do throws(StoreError) {
                _ = try Store.openOrCreate(objects, at: Sample.time)
            } catch {
                if error.code != .damaged && error.code != .fromTheFuture { Issue.record("\(error)") }
            }
            // It is never "repaired".
            let text = try objects.get(StoreLayout.description)
            if text != mutated { Issue.record("a damaged store.json was replaced") }
        }
    }

    @Test(arguments: [
        ("\"FormatVersion\" : 1", "\"FormatVersion\" : 2", StoreError.Code.fromTheFuture),
        ("524288", "65536", .fromTheFuture), ("\"StoreId\"", "\"Id\"", .damaged),
        ("2014", "twenty", .damaged),
    ])
    func wrongDescriptions(text: String, replacement: String, code: StoreError.Code) throws {
        let objects = MemoryObjectStore()
        try objects.put(
            Array(Self.golden.replacing(text, with: replacement).utf8),
            to: StoreLayout.description
        )
        let opening = #expect(throws: StoreError.self) { _ = try Store.open(objects) }
        #expect(opening?.code == code)
        let making = #expect(throws: StoreError.self) { _ = try Store.openOrCreate(objects, at: Sample.time) }
        #expect(making?.code == code)
    }

    @Test(arguments: StoreKind.allCases)
    func ofManyWhoMakeItOneWins(kind: StoreKind) throws {
        for _ in 0..<5 {
            try kind.with { objects, _ in
                let (failures, workers) = (FirstFailure<StoreError>(), WorkerGroup())
                let ids = Mutex<Set<StoreID>>([])
                workers.start("maker", count: 8) { _ in
                    do throws(StoreError) {
                        let id = try Store.openOrCreate(objects, at: Sample.time).id
                        ids.withLock { _ = $0.insert(id) }
                    } catch { failures.record(error) }
                }
                workers.wait()
                try failures.rethrow()
                #expect(ids.withLock { $0.count } == 1)
            }
        }
    }

    /// A store whose description is lost is not overwritten by a new one.
    @Test func packsWithoutADescription() throws {
        let objects = MemoryObjectStore()
        try objects.put([1], to: StoreLayout.key(of: Sample.pack()))
        let error = #expect(throws: StoreError.self) { _ = try Store.openOrCreate(objects, at: Sample.time) }
        #expect(error?.code == .damaged)
        #expect(try objects.keys(under: "packs/").count == 1)
    }

    @Test(arguments: StoreKind.allCases)
    func records(kind: StoreKind) throws {
        try kind.with { objects, _ in
            let store = try Store.openOrCreate(objects, at: Sample.time)
            var record = SnapshotRecord(try Sample.snapshot())
            let id = record.snapshot.id
            let missing = #expect(throws: StoreError.self) { _ = try store.record(of: id) }
            #expect(missing?.code == .missing)
            try store.write(record)
            #expect(try store.record(of: id) == record)
            record.snapshot.revision = 2
            record.snapshot.tags = [SnapshotTag(key: "a", value: "b")]
            try store.write(record)
            #expect(try store.record(of: id) == record)
            let other = try #require(SnapshotID("snap-1234abcd"))
            record.snapshot.id = other
            try store.write(record)
            #expect(try store.snapshotIDs() == [id, other])
            try store.removeRecord(of: id)
            try store.removeRecord(of: id)
            #expect(try store.snapshotIDs() == [other])
            try objects.put([1], to: ObjectKey("snapshots/notes.txt"))
            try objects.put([1], to: ObjectKey("snapshots/snap-XYZ.json"))
            #expect(try store.snapshotIDs() == [other])
        }
    }

    /// Under a name that is not theirs, or of a state that no record has.
    @Test func recordsThatDoNotBelong() throws {
        let objects = MemoryObjectStore()
        let store = try Store.openOrCreate(objects, at: Sample.time)
        var record = SnapshotRecord(try Sample.snapshot())
        let other = try #require(SnapshotID("snap-1234abcd"))
        try objects.put(try record.encoded(), to: StoreLayout.key(of: other))
        #expect(#expect(throws: StoreError.self) { _ = try store.record(of: other) }?.code == .damaged)
        for state in [SnapshotState.pending, .error] {
            record.snapshot.state = state
            try store.write(record)
            let error = #expect(throws: StoreError.self) { _ = try store.record(of: record.snapshot.id) }
            #expect(error?.code == .damaged && error?.description.contains(state.rawValue) == true)
        }
    }

    @Test func keysOfPacks() {
        let key = StoreLayout.key(of: Sample.pack())
        #expect(key.path == "packs/3f/0189abcd-ef01-7234-9678-9abcdef0123f.pack")
        #expect(StoreLayout.pack(of: key) == Sample.pack())
        for wrong in [
            "packs/00/0189abcd-ef01-7234-9678-9abcdef0123f.pack", "packs/3f/0189abcd.pack", "packs/3f/", "",
            "packs/0189abcd-ef01-7234-9678-9abcdef0123f.pack",
            "packs/3f/0189abcd-ef01-7234-9678-9abcdef0123f.json",
        ] { #expect(StoreLayout.pack(of: ObjectKey(wrong)) == nil, "\(wrong)") }
    }

    /// A medium that fails is damage; what is only out of reach is none.
    @Test func damageIsToldFromOtherFailures() {
        func error(_ operation: String, _ errno: Errno) -> StoreError {
            StoreError(SystemError(operation, "/store/x", errno))
        }
        for errno in [Errno.ioError, Errno(rawValue: 61), Errno(rawValue: 117)] {
            #expect(error("read", errno).code == .unreadable && error("read", errno).isDamage)
            #expect(error("open", errno).isDamage && !error("write", errno).isDamage)
        }
        for errno in [Errno.permissionDenied, .tooManyOpenFiles, .noMemory] {
            #expect(!error("read", errno).isDamage && !error("open", errno).isDamage)
        }
        #expect(error("open", .noSuchFileOrDirectory).isDamage)
    }

    @Test func errorsSayWhatToDo() {
        func code(_ errno: Errno) -> StoreError.Code {
            StoreError(SystemError("write", "/store/x", errno)).code
        }
        #expect(code(.noSpace) == .noSpace && code(Errno(rawValue: 122)) == .noSpace)
        #expect(
            code(.permissionDenied) == .permissionDenied && code(.readOnlyFileSystem) == .permissionDenied
        )
        #expect(code(.noSuchFileOrDirectory) == .missing && code(.ioError) == .failed)
        #expect(
            StoreError(SystemError("write", "/store/x", .noSpace)).description.contains("free some space")
        )
        #expect(StoreError(CodecError(.unsupportedVersion, "pack", "later"), in: "x").code == .fromTheFuture)
        #expect(StoreError(CodecError(.mismatch, "pack", "checksum"), in: "x").code == .damaged)
    }
}
