import Foundation
import GRDB
import Glibc
import SnapModel
import SnapSystem
import SystemPackage
import Testing

@testable import SnapCatalogue

@Suite("Crashes and full disks")
struct DurabilityTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// A crash between transactions leaves the database and its log as they are at that moment.
    @Test func aCopyOfDatabaseAndLogIsWholeAfterEachTransaction() throws {
        let catalogue = try scratch.open()
        for step in 0..<10 {
            _ = try catalogue.commit([Sample.pack([step], at: step)])
            let pending = try catalogue.samplePending(second: step)
            _ = try catalogue.complete(
                pending.id,
                image: Sample.image(step),
                at: Sample.time,
                trustedSince: .none
            )
            let crashed = try Scratch()
            for name in ["", "-wal"] {
                let source = scratch.path.string + name
                try FileManager.default.copyItem(atPath: source, toPath: crashed.path.string + name)
            }
            let reopened = try Catalogue.open(at: crashed.path, store: scratch.store)
            #expect(try reopened.snapshots() == catalogue.snapshots())
            #expect(try reopened.packIDs() == catalogue.packIDs())
            #expect(try reopened.trusted([Sample.digest(step)]).count == 1)
        }
    }

    /// A power cut may tear the log anywhere behind the last sync: the transactions before stay.
    @Test func aTornLogLosesOnlyItsEnd() throws {
        let catalogue = try scratch.open()
        for step in 0..<8 { _ = try catalogue.commit([Sample.pack([step], at: step)]) }
        let database = try Data(contentsOf: URL(filePath: scratch.path.string))
        let log = try Data(contentsOf: URL(filePath: scratch.path.string + "-wal"))
        var counts: [Int] = []
        for length in stride(from: log.count, to: log.count - 60_000, by: -3_001) where length > 0 {
            let crashed = try Scratch()
            try database.write(to: URL(filePath: crashed.path.string))
            try log.prefix(length).write(to: URL(filePath: crashed.path.string + "-wal"))
            let reopened = try Catalogue.open(at: crashed.path, store: scratch.store)
            let packs = try reopened.packIDs()
            #expect(packs == Array(try catalogue.packIDs().prefix(packs.count)))
            #expect(try reopened.statistics().chunkCount == packs.count)
            counts.append(packs.count)
        }
        #expect(counts.first == 8 && counts == counts.sorted(by: >))
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a small filesystem needs root"))
    func aFullDiskIsToldAndPasses() throws {
        try withSmallFilesystem(byteCount: 2 << 20) { folder in
            let path = folder.appending("catalogue.db")
            let catalogue = try Catalogue.open(at: path, store: scratch.store)
            let first = Sample.pack(Array(0..<100))
            _ = try catalogue.commit([first])
            try fill(folder.appending("ballast"))
            var error: CatalogueError?
            for number in 1..<100 where error == nil {
                let pack = Sample.pack(Array(number * 1_000..<number * 1_000 + 500), at: number)
                error = catalogueError { try catalogue.commit([pack]) }
            }
            #expect(error?.code == .noSpace)
            let before = try catalogue.statistics()
            #expect(try catalogue.trusted([Sample.digest(5)]).count == 1, "what was there is readable")
            try File.remove(folder.appending("ballast"))
            _ = try catalogue.commit([Sample.pack(Array(500_000..<500_100))])
            #expect(try catalogue.statistics().chunkCount == before.chunkCount + 100)
            #expect(try catalogue.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") } == ["ok"])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a small filesystem needs root"))
    func openingAndRebuildingOnAFullDiskAreTold() throws {
        try withSmallFilesystem(byteCount: 1 << 20) { folder in
            let path = folder.appending("catalogue.db")
            try fill(folder.appending("ballast"))
            #expect(catalogueError { try Catalogue.open(at: path, store: scratch.store) }?.code == .noSpace)
            let error = catalogueError { try Catalogue.rebuild(at: path, store: scratch.store) { _ in } }
            #expect(error?.code == .noSpace)
            try File.remove(folder.appending("ballast"))
            _ = try Catalogue.open(at: path, store: scratch.store)
        }
    }

    /// A tmpfs, unmounted on every path.
    private func withSmallFilesystem(byteCount: Int, _ body: (FilePath) throws -> Void) throws {
        let folder = scratch.folder.appending("small")
        try Directory.create(folder)
        let options = "size=\(byteCount)"
        let code = options.withCString { mount("tmpfs", folder.string, "tmpfs", 0, $0) }
        try #require(code == 0, "mount: errno \(errno)")
        defer { umount2(folder.string, CInt(MNT_DETACH)) }
        try body(folder)
    }

    /// Writes until there is no room.
    private func fill(_ path: FilePath) throws {
        let file = try OwnedDescriptor(opening: path, .writeOnly, options: .create)
        var offset = 0
        for size in [65_536, 4_096] {
            while (try? file.write([UInt8](repeating: 1, count: size), at: offset)) != nil { offset += size }
        }
    }
}
