import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

/// Clusters of PostgreSQL for one test. The server runs as `postgres`, since it refuses to run as root.
enum PostgreSQLServer {
    /// Where Debian has the programs of a server; nil where there is none.
    static let programs: FilePath? = {
        let find = "ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1"
        guard let path = try? Command.check("sh", "-c", find), !path.isEmpty else { return nil }
        return FilePath(path)
    }()

    static let isAvailable = programs != nil && HookExample.has("psql", "runuser", "findmnt")

    /// Makes a cluster in a folder that does not exist, in one that `postgres` may write to.
    static func make(_ data: FilePath) throws {
        let programs = try #require(programs)
        try asServer(programs.appending("initdb").string, "-D", data.string, "-A", "trust", "-N", "--no-locale")
    }

    /// Runs a server on a cluster, with its socket in `folder`; ended when `body` ends, however it does. `body` gets its
    /// URI. Settings are of the form `fsync=off`.
    static func with<Result>(
        _ data: FilePath, socketIn folder: FilePath, settings: [String] = [], _ body: (String) throws -> Result
    ) throws -> Result {
        let program = try #require(programs).appending("postgres").string
        let own = ["listen_addresses=", "unix_socket_directories=\(folder)", "max_wal_size=1GB"]
        let options = (own + settings).flatMap { ["-c", $0] }
        var launch = Subprocess.Launch(
            "/usr/sbin/runuser", ["-u", "postgres", "--", program, "-D", data.string] + options)
        launch.company = .session
        let process = try Subprocess(launch)
        defer { stop(process, data) }
        let uri = "postgresql:///postgres?host=\(folder)"
        try #require(Waiting.until(seconds: 60) { (try? sql(uri, "SELECT 1").status) == 0 }, "it answers")
        return try body(uri)
    }

    static func sql(_ uri: String, _ statements: String) throws -> Command.Outcome {
        try Command.run(["runuser", "-u", "postgres", "--", "psql", "-XqAt", "-d", uri, "-c", statements])
    }

    @discardableResult
    static func asServer(_ words: String...) throws -> String {
        try Command.check(["env", "-C", "/", "runuser", "-u", "postgres", "--"] + words)
    }

    /// Its processes leave the group of the first: so as its own program does it.
    private static func stop(_ process: Subprocess, _ data: FilePath) {
        if let programs {
            _ = try? asServer(programs.appending("pg_ctl").string, "stop", "-D", data.string, "-m", "immediate")
        }
        process.endGroup(within: .seconds(20))
    }
}
