import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

/// A server of its own in a scratch folder, which root may enter by its socket. Ended when `body` ends, however it does.
struct MariaDBServer {
    let socket: FilePath

    static let isAvailable = HookExample.has("mariadbd", "mariadb-install-db", "mariadb", "findmnt")

    static func with<Result>(at folder: FilePath, _ body: (MariaDBServer) throws -> Result) throws -> Result {
        let data = folder.appending("mariadb")
        try Command.check(
            "mariadb-install-db", "--no-defaults", "--user=root", "--datadir=\(data)", "--skip-test-db",
            "--auth-root-authentication-method=socket", "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=16M")
        let server = MariaDBServer(socket: folder.appending("mariadb.socket"))
        var launch = Subprocess.Launch(
            FilePath(try Command.check("sh", "-c", "command -v mariadbd")),
            [
                "--no-defaults", "--user=root", "--datadir=\(data)", "--socket=\(server.socket)",
                "--skip-networking", "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=16M",
                "--pid-file=\(folder)/mariadb.pid",
            ])
        launch.company = .session
        let process = try Subprocess(launch)
        defer { process.endGroup(within: .seconds(20)) }
        try #require(Waiting.until(seconds: 60) { (try? server.sql("SELECT 1").status) == 0 }, "it answers")
        return try body(server)
    }

    /// Options of the client.
    var options: [String] { ["--no-defaults", "--user=root", "--socket=\(socket)"] }

    func sql(_ statements: String) throws -> Command.Outcome {
        try Command.run(["mariadb"] + options + ["--batch", "--skip-column-names", "--execute=\(statements)"])
    }
}
