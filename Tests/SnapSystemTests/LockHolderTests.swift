import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapSystem

@Suite("Who holds locks")
struct LockHolderTests {
    private static let table = """
        1: FLOCK  ADVISORY  READ  812 08:01:1311 0 EOF
        2: FLOCK  ADVISORY  WRITE 813 08:01:1312 0 EOF
        2: -> FLOCK  ADVISORY  WRITE 814 08:01:1312 0 EOF
        3: POSIX  ADVISORY  READ  815 08:01:1311 128 128
        4: FLOCK  ADVISORY  READ  816 00:2a:1311 0 EOF
        5: FLOCK  ADVISORY  READ  0 08:01:1311 0 EOF
        6: FLOCK  nonsense

        """

    @Test func byTheTable() {
        #expect(FileLock.holders(inTable: Self.table, inode: 1_311) == [812, 816])
        #expect(FileLock.holders(inTable: Self.table, inode: 1_312) == [813])
        #expect(FileLock.holders(inTable: "", inode: 1) == [])
    }

    @Test func thisProcess() throws {
        try ScratchDirectory.with { directory in
            let path = directory.appending("lock")
            #expect(FileLock.holders(of: path) == [])
            guard let lock = try FileLock.acquire(path, .shared) else { throw Command.Failure(description: "no lock") }
            #expect(FileLock.holders(of: path) == [ProcessIdentity.current.number])
            _ = consume lock
            #expect(FileLock.holders(of: path) == [])
        }
    }

    @Test func aFileThatWasReplaced() throws {
        try ScratchDirectory.with { directory in
            let path = directory.appending("lock")
            guard let lock = try FileLock.acquire(path, .shared) else { throw Command.Failure(description: "no lock") }
            #expect(try lock.isOfItsName())
            try File.remove(path)
            #expect(try !lock.isOfItsName())
            _ = try directory.file("lock", [])
            #expect(try !lock.isOfItsName())
        }
    }

    @Test func wordsForProcesses() {
        #expect(ProcessIdentity.words(for: ProcessIdentity.current.number)?.isEmpty == false)
        #expect(ProcessIdentity.words(for: 4_194_303) == nil)
    }

    @Test func capabilities() {
        #expect(Capability.effective(in: "Name:\tx\nCapEff:\t0000000000200000\n") == 1 << 21)
        #expect(Capability.effective(in: "CapEff:\tzz\n") == nil && Capability.effective(in: "") == nil)
    }
}
