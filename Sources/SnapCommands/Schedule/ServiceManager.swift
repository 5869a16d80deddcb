internal import SnapEngine
internal import SnapSystem
internal import SystemPackage

/// systemd, by its programs.
enum ServiceManager {
    private static let timeout = Duration.seconds(60)
    private static let folders: [FilePath] = ["/usr/bin", "/bin"]

    /// sd_booted(3)
    static var isRunning: Bool { File.exists("/run/systemd/system") }

    /// Throws `serviceManagerFailed` with what it said.
    static func control(_ arguments: [String]) throws(EngineError) {
        guard let program = program("systemctl") else {
            throw EngineError(.serviceManagerFailed, "there is no systemctl")
        }
        let outcome = try run(program, arguments)
        guard outcome.isSuccess else {
            let words = outcome.errors.split(separator: "\n").first.map(String.init) ?? "\(outcome.ending)"
            throw EngineError(
                .serviceManagerFailed, "'systemctl \(arguments.joined(separator: " "))' failed: \(words)")
        }
    }

    /// Throws `invalidParameter` for what systemd.time(7) does not know. Where there is no systemd to ask, takes all.
    static func check(calendar: String) throws(EngineError) {
        guard !calendar.isEmpty, !calendar.contains(where: \.isNewline) else {
            throw EngineError(.invalidParameter, "the value of --on-calendar is one line, such as daily")
        }
        guard let program = program("systemd-analyze") else { return }
        let outcome = try run(program, ["calendar", "--", calendar])
        guard outcome.isSuccess else {
            throw EngineError(
                .invalidParameter,
                "Value (\(calendar)) for --on-calendar is invalid; systemd.time(7) has such as daily, Mon 03:00")
        }
    }

    private static func program(_ name: FilePath.Component) -> FilePath? {
        folders.map { $0.appending(name) }.first { File.exists($0) }
    }

    private static func run(_ program: FilePath, _ arguments: [String]) throws(EngineError) -> Subprocess.Outcome {
        do throws(SystemError) {
            return try Subprocess.run(program, arguments, timeout: timeout)
        } catch {
            throw EngineError(.serviceManagerFailed, "\(error)")
        }
    }
}
