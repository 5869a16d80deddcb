internal import SnapEngine
internal import SnapModel
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

    /// The next times of a calendar. Throws `invalidParameter` for what systemd.time(7) does not know, and for what never
    /// comes. Where there is no systemd to ask, takes all: nil.
    static func times(of calendar: String) throws(EngineError) -> [Timestamp]? {
        guard !calendar.isEmpty, !calendar.contains(where: \.isNewline) else {
            throw EngineError(.invalidParameter, "the value of --on-calendar is one line, such as daily")
        }
        guard let program = program("systemd-analyze") else { return nil }
        let outcome = try run(program, ["calendar", "--iterations=\(timeLimit)", "--", calendar])
        guard outcome.isSuccess else {
            throw EngineError(
                .invalidParameter,
                "Value (\(calendar)) for --on-calendar is invalid; systemd.time(7) has such as daily, Mon 03:00")
        }
        let times = times(in: outcome.output)
        guard !times.isEmpty else {
            throw EngineError(
                .invalidParameter, "Value (\(calendar)) for --on-calendar is invalid: that never comes again")
        }
        return times
    }

    /// Enough to see how close to each other they can be.
    private static let timeLimit = 100

    /// Lines such as `Next elapse: Tue 2026-11-24 02:30:00 UTC` and `Iter. #2: …`, in UTC.
    private static func times(in text: String) -> [Timestamp] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.last == "UTC", words.count >= 4 else { return nil }
            return Timestamp("\(words[words.count - 3])T\(words[words.count - 2])Z")
        }
    }

    private static func program(_ name: FilePath.Component) -> FilePath? {
        folders.map { $0.appending(name) }.first { File.exists($0) }
    }

    private static func run(_ program: FilePath, _ arguments: [String]) throws(EngineError) -> Subprocess.Outcome {
        do throws(SystemError) {
            let variables = Environment.all.merging(["TZ": "UTC", "LC_ALL": "C"]) { _, ours in ours }
            return try Subprocess.run(program, arguments, environment: variables, timeout: timeout)
        } catch {
            throw EngineError(.serviceManagerFailed, "\(error)")
        }
    }
}
