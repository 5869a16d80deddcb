import Glibc
import SnapConsistency
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@Suite(
    "The hook for PostgreSQL", .timeLimit(.minutes(20)),
    .enabled(
        if: PostgreSQLServer.isAvailable && LoopDevice.isAvailable,
        "needs root, loop devices and PostgreSQL: apt-get install postgresql"))
struct HookExamplePostgreSQLTests {
    /// An image of the frozen filesystem, taken as snapctl takes it while a client commits, recovers without a loss.
    @Test func anImageRecoversWithAllThatWasCommitted() throws {
        try withCluster { example, filesystem, data in
            let copy = example.scripts.scratch.appending("copy.image")
            let committed = try PostgreSQLServer.with(data, socketIn: filesystem.path) { uri in
                try #require(try PostgreSQLServer.sql(uri, "CREATE TABLE t (n SERIAL)").status == 0)
                let hooks = try example.sequence(settings(uri), mountPoints: [filesystem.path])
                let before = try checkpoint(uri)
                return try withWriter(uri) {
                    try hooks.freeze()
                    #expect(try checkpoint(uri) != before, "a new checkpoint")
                    #expect(hooks.transcript.last?.contains("checkpoint of \(data) at") == true)
                    let committed = try rows(uri)
                    try image(filesystem, to: copy)
                    hooks.thaw()
                    #expect(hooks.runs.map(\.thawOutcome) == [.succeeded])
                    #expect(Waiting.until { ((try? rows(uri)) ?? 0) > committed }, "it goes on")
                    return committed
                }
            }
            #expect(committed > 0)
            try LoopDevice.with(over: copy) { device in
                let folder = try example.scripts.scratch.folder("restored")
                try MountedFilesystem.with(device.path, at: folder) { restored in
                    try PostgreSQLServer.with(restored.path.appending("data"), socketIn: restored.path) { uri in
                        let recovered = try rows(uri)
                        #expect(recovered >= committed)
                        let distinct = try PostgreSQLServer.sql(uri, "SELECT count(DISTINCT n) FROM t").output
                        #expect(distinct == "\(recovered)\n")
                    }
                }
            }
        }
    }

    @Test func whatItRefuses() throws {
        try withCluster { example, filesystem, data in
            let mountPoints = [filesystem.path]
            try PostgreSQLServer.with(data, socketIn: filesystem.path, settings: ["fsync=off"]) { uri in
                let words = try failure(example, settings(uri), mountPoints)
                #expect(words.contains("has fsync off"))
                let elsewhere = try example.sequence(settings(uri), mountPoints: ["/proc"])
                try elsewhere.freeze()
                #expect(elsewhere.transcript.last?.contains("is not on these volumes: nothing to do") == true)
            }
            // The log of transactions on another filesystem than the data.
            let log = try example.scripts.scratch.folder("log of another disk")
            let link = data.appending("pg_wal")
            try Command.check("chmod", "755", example.scripts.scratch.path.string)
            try Command.check("cp", "-a", "\(link)/.", log.string)
            try Command.check("chown", "-R", "postgres", log.string)
            try Command.check("rm", "-r", link.string)
            try Command.check("ln", "-s", log.string, link.string)
            try PostgreSQLServer.with(data, socketIn: filesystem.path) { uri in
                let words = try failure(example, settings(uri), mountPoints)
                #expect(words.contains("but not \(log) of the same server"))
            }
        }
    }

    @Test func withoutAServer() throws {
        try HookScripts.with { scripts in
            let example = HookExample(name: "postgresql", scripts: scripts)
            var settings = settings("postgresql:///postgres?host=/nonexistent")
            #expect(try failure(example, settings, []).contains("cannot connect to postgresql:///"))
            settings["SNAPCTL_POSTGRESQL_IF_DOWN"] = "skip"
            let hooks = try example.sequence(settings, mountPoints: [])
            try hooks.freeze()
            #expect(hooks.transcript.last?.hasSuffix(": skipped") == true)
        }
    }

    // MARK: - Clusters

    private func withCluster(_ body: (HookExample, MountedFilesystem, FilePath) throws -> Void) throws {
        try HookScripts.with { scripts in
            try Command.check("chmod", "755", scripts.scratch.path.string)
            try MountedFilesystem.with(.ext4, in: scripts.scratch, byteCount: 256 << 20) { filesystem in
                try Command.check("chown", "postgres", filesystem.path.string)
                let data = filesystem.path.appending("data")
                try PostgreSQLServer.make(data)
                try body(HookExample(name: "postgresql", scripts: scripts), filesystem, data)
            }
        }
    }

    private func settings(_ uri: String) -> [String: String] { ["SNAPCTL_POSTGRESQL_SERVERS": uri] }

    private func failure(
        _ example: HookExample, _ settings: [String: String], _ mountPoints: [FilePath]
    ) throws -> String {
        let hooks = try example.sequence(settings, mountPoints: mountPoints)
        let error = #expect(throws: ConsistencyError.self) { try hooks.freeze() }
        hooks.thaw()
        return error?.description ?? ""
    }

    /// A client that commits one row after the other.
    private func withWriter<Result>(_ uri: String, _ body: () throws -> Result) throws -> Result {
        let script = "yes 'INSERT INTO t DEFAULT VALUES;' | runuser -u postgres -- psql -Xq -d \"$0\""
        var launch = Subprocess.Launch("/bin/sh", ["-c", script, uri])
        launch.company = .group
        let writer = try Subprocess(launch)
        defer { writer.endGroup(within: .seconds(5)) }
        try #require(Waiting.until { ((try? rows(uri)) ?? 0) > 10 })
        return try body()
    }

    /// The image file, while its filesystem is frozen.
    private func image(_ filesystem: MountedFilesystem, to copy: FilePath) throws {
        let file = filesystem.path.removingLastComponent().appending("filesystem.image")
        try Command.check("fsfreeze", "-f", filesystem.path.string)
        defer { _ = try? Command.run(["fsfreeze", "-u", filesystem.path.string]) }
        try Command.check("cp", "--sparse=always", file.string, copy.string)
    }

    private func rows(_ uri: String) throws -> Int {
        Int(try PostgreSQLServer.sql(uri, "SELECT count(*) FROM t").output.dropLast()) ?? 0
    }

    private func checkpoint(_ uri: String) throws -> String {
        try PostgreSQLServer.sql(uri, "SELECT checkpoint_lsn FROM pg_control_checkpoint()").output
    }
}
