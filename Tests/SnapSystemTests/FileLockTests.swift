import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@Suite("File locks", .timeLimit(.minutes(20)))
struct FileLockTests {
    @Test func exclusiveKeepsOthersOut() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("lock")
            try holding(path, .exclusive) { () throws in
                #expect(try !canLock(path, .exclusive))
                #expect(try !canLock(path, .shared))
            }
            #expect(try canLock(path, .exclusive))
        }
    }

    @Test func sharedLetsReadersIn() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("lock")
            try holding(path, .shared) { () throws in
                #expect(try canLock(path, .shared))
                #expect(try !canLock(path, .exclusive))
                try holding(path, .shared) { () throws in #expect(try !canLock(path, .exclusive)) }
                #expect(try !canLock(path, .exclusive))
            }
            #expect(try canLock(path, .exclusive))
        }
    }

    @Test func theFileIsMadeAndStays() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("lock")
            let isFree = try canLock(path, .shared)
            #expect(isFree)
            #expect(try FileStatus(of: path).permissions == 0o600)
            #expect(throws: SystemError.self) { _ = try canLock(scratch.appending("absent/lock"), .shared) }
        }
    }

    @Test func aKilledOwnerLetsGo() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("lock")
            let child = try ChildProcess(["flock", "--no-fork", path.string, "sleep", "100"])
            #expect(Waiting.until { (try? canLock(path, .exclusive)) == false })
            Waiting.aMoment()
            #expect(try !canLock(path, .shared))
            child.kill()
            #expect(child.wait() == 9)
            #expect(try canLock(path, .exclusive))
        }
    }

    /// A program that is started while the lock is held does not inherit it.
    @Test func aChildDoesNotHoldIt() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("lock")
            var children: [ChildProcess] = []
            try holding(path, .exclusive) { () throws in children.append(try ChildProcess(["sleep", "100"])) }
            #expect(try canLock(path, .exclusive))
            #expect(children.first?.state != nil)
        }
    }

    private func canLock(_ path: FilePath, _ mode: FileLock.Mode) throws -> Bool {
        guard let lock = try FileLock.acquire(path, mode) else { return false }
        _ = consume lock
        return true
    }

    private func holding(_ path: FilePath, _ mode: FileLock.Mode, _ body: () throws -> Void) throws {
        guard let lock = try FileLock.acquire(path, mode) else {
            Issue.record("\(path) is locked by somebody else")
            return
        }
        try body()
        _ = consume lock
    }
}
