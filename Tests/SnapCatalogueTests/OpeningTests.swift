import Foundation
import GRDB
import SnapModel
import SnapSystem
import SystemPackage
import Testing

@testable import SnapCatalogue

@Suite("Opening a catalogue")
struct OpeningTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func isMadeAndFoundAgain() throws {
        let volume = try scratch.open().sampleVolume()
        #expect(try scratch.open().volumes() == [volume])
    }

    @Test func connectionsAreAsSafeAsPromised() throws {
        let catalogue = try scratch.open()
        let synchronous = try catalogue.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        #expect(synchronous == 2, "2 is FULL")
        #expect(try catalogue.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        #expect(try catalogue.read { try Int.fetchOne($0, sql: "PRAGMA busy_timeout") } == 30_000)
        #expect(try catalogue.write { try Int.fetchOne($0, sql: "PRAGMA busy_timeout") } == 30_000)
    }

    @Test(arguments: [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x6573_5546, 0x0102_1997] as [UInt64])
    func refusesFilesystemsWithoutSharedMemory(magic: UInt64) throws {
        let file = CatalogueFile(path: scratch.path)
        let error = catalogueError { try Catalogue.open(file, store: scratch.store, filesystemMagic: magic) }
        #expect(error?.code == .unsupportedFilesystem)
        #expect(error?.description.contains("shared memory and locks") == true)
        #expect(try scratch.names().isEmpty, "nothing was made")
    }

    @Test(arguments: [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994] as [UInt64])
    func acceptsLocalFilesystems(magic: UInt64) throws {
        _ = try Catalogue.open(
            CatalogueFile(path: scratch.path),
            store: scratch.store,
            filesystemMagic: magic
        )
    }

    @Test func refusesTheCatalogueOfAnotherStore() throws {
        _ = try scratch.open()
        let other = StoreID.random()
        let before = try dump()
        let error = catalogueError { try Catalogue.open(at: scratch.path, store: other) }
        #expect(error?.code == .foreignStore)
        #expect(error?.explanation.contains(scratch.store.rawValue) == true)
        #expect(try dump() == before, "it was not changed")
    }

    @Test func refusesASchemaFromTheFuture() throws {
        do {
            let catalogue = try scratch.open()
            try catalogue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v999')") }
        }
        let before = try dump()
        #expect(catalogueError { try scratch.open() }?.code == .fromTheFuture)
        #expect(try dump() == before, "it was not changed")
    }

    @Test(arguments: [1, 15, 99, 100, 4_096, 100_000])
    func refusesGarbageAndLeavesItAlone(byteCount: Int) throws {
        var generator = SeededGenerator(seed: UInt64(byteCount))
        let garbage = Data((0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) })
        try garbage.write(to: URL(filePath: scratch.path.string))
        #expect(catalogueError { try scratch.open() }?.code == .notADatabase)
        #expect(try contents() == garbage)
    }

    @Test func refusesADatabaseOfAnotherProgramAndLeavesItAlone() throws {
        try DatabaseQueue(path: scratch.path.string).write { try $0.execute(sql: "CREATE TABLE theirs (x)") }
        let before = try contents()
        let error = catalogueError { try scratch.open() }
        #expect(error?.code == .notADatabase)
        #expect(error?.explanation.contains("no catalogue of snapctl") == true)
        #expect(try contents() == before)
    }

    @Test func anEmptyFileBecomesACatalogue() throws {
        try Data().write(to: URL(filePath: scratch.path.string))
        #expect(try scratch.open().volumes().isEmpty)
    }

    @Test func aTruncatedCatalogueIsDamaged() throws {
        do { _ = try scratch.open().commit([Sample.pack(Array(0..<1_000))]) }
        let whole = try contents()
        for part in [2, 3, 4, 8] {
            try whole.prefix(whole.count / part).write(to: URL(filePath: scratch.path.string))
            #expect(catalogueError { try scratch.open() }?.code == .damaged, "cut to 1/\(part)")
        }
    }

    @Test func everyFlippedPageIsAnErrorOrHarmless() throws {
        do { _ = try scratch.open().commit([Sample.pack(Array(0..<500))]) }
        let whole = try contents()
        for page in 0..<(whole.count / 4_096) {
            var broken = whole
            for position in page * 4_096..<page * 4_096 + 200 where position >= 100 {
                broken[position] ^= 0xa5
            }
            try broken.write(to: URL(filePath: scratch.path.string))
            let error = catalogueError {
                let catalogue = try scratch.open()
                _ = try catalogue.locations(of: (0..<500).map(Sample.digest))
                _ = try catalogue.statistics()
                _ = try catalogue.snapshots()
                _ = try catalogue.packIDs()
            }
            // The index is not covered by checksums: a changed row may look sound. What matters is that nothing traps.
            if let error { #expect([.damaged, .failed, .foreignStore].contains(error.code), "\(error)") }
        }
    }

    @Test func aMissingFolderIsToldAsSuch() throws {
        let path = scratch.folder.appending("nowhere").appending("catalogue.db")
        #expect(catalogueError { try Catalogue.open(at: path, store: scratch.store) }?.code == .missing)
    }

    @Test func aFolderInPlaceOfTheFileFails() throws {
        try Directory.create(scratch.path)
        #expect(catalogueError { try scratch.open() } != nil)
    }

    @Test func everyErrorSaysWhatToDoInOneLine() {
        for code in CatalogueError.Code.allCases {
            let text = CatalogueError(code, "/x/catalogue.db", "is so").description
            #expect(text.hasPrefix("/x/catalogue.db: is so; ") && !text.contains("\n") && text.count > 35)
        }
    }

    @Test func resultCodesHaveTheirMeaning() {
        let meanings: [(ResultCode, CatalogueError.Code)] = [
            (.SQLITE_NOTADB, .notADatabase), (.SQLITE_CORRUPT, .damaged), (.SQLITE_FULL, .noSpace),
            (.SQLITE_IOERR_READ, .damaged), (.SQLITE_IOERR_SHMSIZE, .noSpace), (.SQLITE_BUSY_SNAPSHOT, .busy),
            (.SQLITE_CANTOPEN, .permissionDenied), (.SQLITE_READONLY_DIRECTORY, .permissionDenied),
            (.SQLITE_CONSTRAINT_UNIQUE, .failed),
        ]
        for (result, code) in meanings {
            #expect(CatalogueError(DatabaseError(resultCode: result), at: scratch.path).code == code)
        }
        let full = SystemError("write", "x", .noSpace)
        #expect(CatalogueError(full, at: scratch.path).code == .noSpace)
    }

    @Test func theLastToCloseFoldsTheLogIntoTheDatabase() throws {
        do {
            let catalogue = try scratch.open()
            let pending = try catalogue.samplePending()
            try catalogue.sampleProgress(pending.id, 1)
            _ = try catalogue.snapshots()
        }
        #expect(try scratch.names() == ["catalogue.db", "catalogue.db.lock", "catalogue.db.opening"])
    }

    /// All that the tables hold, but for those of GRDB.
    private func dump() throws -> String {
        let stream = DumpText()
        try DatabaseQueue(path: scratch.path.string).dumpContent(format: .list(), to: stream)
        return stream.text
    }

    private func contents() throws -> Data { try Data(contentsOf: URL(filePath: scratch.path.string)) }
}

private final class DumpText: TextOutputStream {
    var text = ""

    func write(_ string: String) { text += string }
}
