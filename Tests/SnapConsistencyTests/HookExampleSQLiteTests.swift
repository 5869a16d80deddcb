import Glibc
import SnapConsistency
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@Suite(
    "The hook for SQLite", .timeLimit(.minutes(20)),
    .enabled(if: HookExample.has("sqlite3", "stdbuf", "findmnt"), "needs sqlite3: apt-get install sqlite3"))
struct HookExampleSQLiteTests {
    @Test(arguments: ["wal", "delete"])
    func writersWaitUntilThaw(journal: String) throws {
        try withDatabases(["a", "b"], journal) { example, databases in
            let sequence = try example.sequence(settings(databases), mountPoints: [try example.mountPoint()])
            try sequence.freeze()
            for database in databases {
                #expect(try insert(database).errors.contains("database is locked"))
                #expect(try count(database) == 1, "readers go on")
                #expect(byteCount("\(database)-wal") == 0, "the log is written back")
            }
            sequence.thaw()
            #expect(sequence.runs.map(\.thawOutcome) == [.succeeded])
            for database in databases { #expect(try insert(database).status == 0 && count(database) == 2) }
            #expect(!(try example.hasState()))
        }
    }

    /// snapctl was killed: nobody calls thaw.
    @Test func theLockEndsByItself() throws {
        try withDatabases(["a"]) { example, databases in
            let sequence = try example.sequence(
                settings(databases, hold: 2), mountPoints: [try example.mountPoint()])
            try sequence.freeze()
            #expect(try insert(databases[0]).status != 0)
            #expect(Waiting.until { (try? insert(databases[0]).status) == 0 })
            sequence.thaw()
            #expect(sequence.runs.map(\.thawOutcome) == [.failed], "a lock that did not last is no success")
            #expect(sequence.transcript.last?.contains("did not last until thaw") == true)
            #expect(!(try example.hasState()))
        }
    }

    /// The first is locked when the second cannot be: thaw, which follows, unlocks it.
    @Test func whatWasLockedBeforeAFailureIsUnlocked() throws {
        try withDatabases(["a", "b"]) { example, databases in
            try withWriter(of: databases[1]) {
                let sequence = try example.sequence(settings(databases), mountPoints: [try example.mountPoint()])
                let error = #expect(throws: ConsistencyError.self) { try sequence.freeze() }
                #expect(error?.description.contains("cannot lock \(databases[1])") == true)
                #expect(try insert(databases[0]).status != 0)
                sequence.thaw()
                #expect(try insert(databases[0]).status == 0)
                #expect(!(try example.hasState()))
            }
        }
    }

    /// Out of time while it waits for a writer: nothing of it goes on.
    @Test func aHookThatIsEndedLeavesNoLock() throws {
        try withDatabases(["a", "b"]) { example, databases in
            try withWriter(of: databases[1]) {
                let sequence = try example.sequence(
                    settings(databases, wait: 60), mountPoints: [try example.mountPoint()], timeout: .seconds(2))
                #expect(throws: ConsistencyError.self) { try sequence.freeze() }
                #expect(sequence.runs.map(\.freezeOutcome) == [.timedOut])
                #expect(try insert(databases[0]).status == 0, "its process group is ended")
                sequence.thaw()
                #expect(sequence.runs.map(\.thawOutcome) == [.failed])
                #expect(!(try example.hasState()))
            }
        }
    }

    @Test func twoSnapshotsAtOnce() throws {
        try withDatabases(["a"]) { example, databases in
            let mountPoints = [try example.mountPoint()]
            let first = try example.sequence(settings(databases), mountPoints: mountPoints)
            let second = try example.sequence(settings(databases, wait: 1), mountPoints: mountPoints)
            try first.freeze()
            #expect(throws: ConsistencyError.self) { try second.freeze() }
            second.thaw()
            #expect(try insert(databases[0]).status != 0, "the first still holds it")
            first.thaw()
            #expect(first.runs.map(\.thawOutcome) == [.succeeded])
            #expect(try insert(databases[0]).status == 0)
        }
    }

    @Test(.enabled(if: LoopDevice.isAvailable, "needs root and /dev/loop-control"))
    func onlyWhatIsOnTheVolumes() throws {
        try withDatabases(["outside"]) { example, databases in
            try MountedFilesystem.with(.ext4, in: example.scripts.scratch) { filesystem in
                let inside = filesystem.path.appending("inside")
                try make(inside)
                let sequence = try example.sequence(
                    settings(databases + [inside]), mountPoints: [filesystem.path])
                try sequence.freeze()
                #expect(try insert(inside).status != 0)
                #expect(try insert(databases[0]).status == 0)
                sequence.thaw()
                #expect(try insert(inside).status == 0)
                let unmounted = try example.sequence(settings(databases), mountPoints: [])
                try unmounted.freeze()
                #expect(try insert(databases[0]).status == 0, "nothing is mounted from the volume")
                unmounted.thaw()
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to make a file of another user"))
    func asItsOwner() throws {
        try withDatabases(["a"]) { example, databases in
            // The folder, too, since SQLite makes its journal beside the file.
            try Command.check("chown", "-R", "nobody", databases[0].removingLastComponent().string)
            try Command.check("chmod", "755", example.scripts.scratch.path.string)
            let sequence = try example.sequence(settings(databases), mountPoints: [try example.mountPoint()])
            try sequence.freeze()
            let users = try Command.check("fuser", "-u", databases[0].string)
            let owner = try Command.check("ps", "-o", "user=", "-p", users.trimmed).trimmed
            #expect(owner == "nobody")
            #expect(try insert(databases[0]).status != 0)
            sequence.thaw()
            #expect(sequence.runs.map(\.thawOutcome) == [.succeeded])
        }
    }

    @Test func aMissingDatabaseFails() throws {
        try withDatabases([]) { example, _ in
            let sequence = try example.sequence(
                settings(["/nonexistent/database"]), mountPoints: [try example.mountPoint()])
            let error = #expect(throws: ConsistencyError.self) { try sequence.freeze() }
            #expect(error?.description.hasSuffix("there is no database /nonexistent/database") == true)
            sequence.thaw()
        }
    }

    // MARK: - Databases

    private func withDatabases(
        _ names: [String], _ journal: String = "wal", _ body: (HookExample, [FilePath]) throws -> Void
    ) throws {
        try HookScripts.with { scripts in
            let folder = try scripts.scratch.folder("databases")
            let databases = names.map { folder.appending("\($0) database") }
            for database in databases { try make(database, journal) }
            try body(HookExample(name: "sqlite", scripts: scripts), databases)
        }
    }

    private func make(_ database: FilePath, _ journal: String = "wal") throws {
        try Command.check(
            "sqlite3", database.string, "PRAGMA journal_mode = \(journal); CREATE TABLE t (n); INSERT INTO t VALUES (1)"
        )
    }

    private func settings(_ databases: [FilePath], hold: Int = 60, wait: Int = 2) -> [String: String] {
        [
            "SNAPCTL_SQLITE_DATABASES": databases.map(\.string).joined(separator: "\n"),
            "SNAPCTL_SQLITE_HOLD_SECONDS": "\(hold)", "SNAPCTL_SQLITE_WAIT_SECONDS": "\(wait)",
        ]
    }

    private func insert(_ database: FilePath) throws -> Command.Outcome {
        try Command.run(["sqlite3", database.string, "INSERT INTO t VALUES (2)"])
    }

    private func count(_ database: FilePath) throws -> Int? {
        Int(try Command.check("sqlite3", database.string, "SELECT count(*) FROM t"))
    }

    private func byteCount(_ path: String) -> Int { (try? FileStatus(of: FilePath(path)).byteCount) ?? 0 }

    /// While a program is in the middle of a transaction.
    private func withWriter(of database: FilePath, _ body: () throws -> Void) throws {
        let mark = database.removingLastComponent().appending("writing")
        let script = "(echo \"BEGIN IMMEDIATE;\n.system touch '\(mark)'\"; sleep 60) | exec sqlite3 \"$0\""
        let writer = try Subprocess(group(["-c", script, database.string]))
        defer { writer.endGroup(within: .seconds(1)) }
        try #require(Waiting.until { File.exists(mark) })
        try body()
    }

    private func group(_ arguments: [String]) -> Subprocess.Launch {
        var launch = Subprocess.Launch("/bin/sh", arguments)
        launch.company = .group
        return launch
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }.prefix { $0 != " " && $0 != "\n" }) }
}
