import Glibc
import SnapConsistency
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@Suite(
    "The hook for MariaDB and MySQL", .timeLimit(.minutes(20)),
    .enabled(
        if: MariaDBServer.isAvailable && geteuid() == 0,
        "needs root and MariaDB: apt-get install mariadb-server-core mariadb-client-core"))
struct HookExampleMySQLTests {
    /// One server for all, since it takes seconds to make.
    @Test func holdsAndLetsGo() throws {
        try HookScripts.with { scripts in
            let example = HookExample(name: "mysql", scripts: scripts)
            try MariaDBServer.with(at: scripts.scratch.path) { server in
                let tables =
                    "CREATE DATABASE d; CREATE TABLE d.i (n INT) ENGINE=InnoDB; CREATE TABLE d.m (n INT) ENGINE=MyISAM"
                try #require(try server.sql(tables).status == 0)
                for lock in ["stage", "tables", "auto"] { try writersWaitUntilThaw(example, server, lock) }
                try theLockEndsByItself(example, server)
                try aSessionThatIsEndedIsTold(example, server)
                try aLongTransactionFailsTheHook(example, server)
                try aWrongAccountFails(example, server)
                try elsewhereIsLeftAlone(example, server)
            }
        }
    }

    @Test func withoutAServer() throws {
        try HookScripts.with { scripts in
            let example = HookExample(name: "mysql", scripts: scripts)
            let server = MariaDBServer(socket: scripts.scratch.appending("nobody"))
            let strict = try sequence(example, server)
            let error = #expect(throws: ConsistencyError.self) { try strict.freeze() }
            #expect(error?.description.contains("cannot connect: ERROR 2002") == true)
            strict.thaw()
            let lax = try sequence(example, server, ["SNAPCTL_MYSQL_IF_DOWN": "skip"])
            try lax.freeze()
            #expect(lax.transcript == ["mysql freeze: mysql: no server answers: skipped"])
            lax.thaw()
        }
    }

    // MARK: - With a server

    private func writersWaitUntilThaw(_ example: HookExample, _ server: MariaDBServer, _ lock: String) throws {
        let before = try rows(server)
        let hooks = try sequence(example, server, ["SNAPCTL_MYSQL_LOCK": lock])
        try hooks.freeze()
        let words = lock == "tables" ? "locked (tables)" : "locked (stage)"
        #expect(hooks.transcript.last?.contains(words) == true)
        for table in ["i", "m"] {
            let outcome = try server.sql("SET SESSION lock_wait_timeout = 1; " + insert(table))
            #expect(outcome.errors.contains("ERROR 1205"), "\(table) is locked by \(lock)")
        }
        #expect(try rows(server) == before, "readers go on, and see nothing new")
        hooks.thaw()
        #expect(hooks.runs.map(\.thawOutcome) == [.succeeded])
        #expect(try server.sql(insert("i") + ";" + insert("m")).status == 0)
        #expect(!(try example.hasState()))
    }

    /// snapctl was killed: nobody calls thaw.
    private func theLockEndsByItself(_ example: HookExample, _ server: MariaDBServer) throws {
        let hooks = try sequence(example, server, ["SNAPCTL_MYSQL_HOLD_SECONDS": "2"])
        let watch = Stopwatch()
        try hooks.freeze()
        #expect(try server.sql(insert("i")).status == 0)
        #expect(watch.seconds > 1.9, "it waited for the end of the lock")
        hooks.thaw()
        #expect(hooks.runs.map(\.thawOutcome) == [.failed])
        #expect(hooks.transcript.last?.contains("the lock did not last until thaw") == true)
    }

    /// The session is ended by somebody else.
    private func aSessionThatIsEndedIsTold(_ example: HookExample, _ server: MariaDBServer) throws {
        let hooks = try sequence(example, server)
        try hooks.freeze()
        let find = "SELECT id FROM information_schema.processlist WHERE command = 'Sleep' AND user = 'root'"
        for number in try server.sql(find).output.split(separator: "\n") {
            #expect(try server.sql("KILL \(number)").status == 0)
        }
        #expect(try server.sql(insert("i")).status == 0)
        hooks.thaw()
        #expect(hooks.runs.map(\.thawOutcome) == [.failed])
        #expect(!(try example.hasState()))
    }

    /// FLUSH TABLES waits for statements that write; meanwhile it would hold up all others.
    private func aLongTransactionFailsTheHook(_ example: HookExample, _ server: MariaDBServer) throws {
        let statement = "LOCK TABLES d.m WRITE; DO SLEEP(30)"
        let writer = try Subprocess(
            Subprocess.Launch("/usr/bin/mariadb", server.options + ["--execute", statement]))
        defer {
            writer.signal(SIGKILL)
            _ = writer.wait()
        }
        let isRunning = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'DO SLEEP%'"
        try #require(Waiting.until { (try? server.sql(isRunning).output) == "1\n" })
        let hooks = try sequence(
            example, server, ["SNAPCTL_MYSQL_LOCK": "tables", "SNAPCTL_MYSQL_WAIT_SECONDS": "1"])
        let error = #expect(throws: ConsistencyError.self) { try hooks.freeze() }
        #expect(
            error?.description.contains("cannot lock:") == true && error?.description.contains("ERROR 1205") == true)
        hooks.thaw()
        #expect(hooks.runs.map(\.thawOutcome) == [.succeeded])
        #expect(!(try example.hasState()))
        try #require(try server.sql("KILL \(try server.sql(isRunning.replacingCount()).output)").status == 0)
    }

    private func aWrongAccountFails(_ example: HookExample, _ server: MariaDBServer) throws {
        let hooks = try sequence(
            example, server,
            [
                "SNAPCTL_MYSQL_OPTIONS": "--no-defaults --user=nobody-knows --socket=\(server.socket)",
                "SNAPCTL_MYSQL_IF_DOWN": "skip",
            ])
        let error = #expect(throws: ConsistencyError.self) { try hooks.freeze() }
        #expect(error?.description.contains("Access denied") == true, "it is not taken for a server at rest")
        hooks.thaw()
    }

    private func elsewhereIsLeftAlone(_ example: HookExample, _ server: MariaDBServer) throws {
        let hooks = try sequence(example, server, mountPoints: ["/proc"])
        try hooks.freeze()
        #expect(hooks.transcript == ["mysql freeze: mysql: the server's data is not on these volumes: nothing to do"])
        #expect(try server.sql(insert("i")).status == 0)
        hooks.thaw()
    }

    // MARK: - Words

    private func sequence(
        _ example: HookExample, _ server: MariaDBServer, _ settings: [String: String] = [:],
        mountPoints: [FilePath]? = nil
    ) throws -> HookSequence {
        let options = ["SNAPCTL_MYSQL_OPTIONS": server.options.joined(separator: " ")]
        return try example.sequence(
            options.merging(settings) { _, own in own }, mountPoints: try mountPoints ?? [example.mountPoint()])
    }

    private func insert(_ table: String) -> String { "INSERT INTO d.\(table) VALUES (1)" }

    private func rows(_ server: MariaDBServer) throws -> String {
        try server.sql("SELECT COUNT(*) FROM d.i; SELECT COUNT(*) FROM d.m").output
    }
}

extension String {
    fileprivate func replacingCount() -> String { "SELECT id" + dropFirst("SELECT COUNT(*)".count) }
}
