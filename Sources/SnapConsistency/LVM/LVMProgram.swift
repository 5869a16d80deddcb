internal import SnapSystem
internal import SystemPackage

/// The programs of LVM (lvm(8)) and device-mapper (dmsetup(8)).
enum LVMProgram: String, CaseIterable {
    case lvs, lvcreate, lvchange, lvextend, lvremove, dmsetup

    /// Where systems keep them; what a user's PATH says does not matter.
    private static let directories: [FilePath] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    /// LVM waits for its own locks, and for devices; when it takes longer, something is wrong.
    static let timeout = Duration.seconds(60)

    var path: FilePath? { Self.directories.map { $0.appending(rawValue) }.first { File.isAccessible($0) } }

    static var missing: [String] { allCases.filter { $0.path == nil }.map(\.rawValue) }

    /// Runs it to its end, also when this process ends before, and returns what it said.
    ///
    /// Throws `toolFailed` with its complaint; `noReserve`, `alreadyFrozen` and `permissionDenied` where that is what it means.
    @discardableResult
    func run(_ arguments: [String]) throws(ConsistencyError) -> String {
        guard let path else {
            throw ConsistencyError(.toolFailed, "\(rawValue) is missing; install lvm2 (and dmsetup)")
        }
        let outcome: Subprocess.Outcome
        do throws(SystemError) {
            outcome = try Subprocess.run(
                "/bin/sh", ["-c", Self.undisturbed, path.string] + arguments, environment: Self.environment,
                timeout: Self.timeout)
        } catch {
            throw ConsistencyError(error)
        }
        guard outcome.isSuccess else { throw failure(outcome) }
        return outcome.output
    }

    /// Ended while it had a device suspended, it would leave all who write there hanging: so no word that it says may end
    /// it, when the one who listens was killed.
    private static let undisturbed = #"trap "" PIPE; exec "$0" "$@""#

    /// Numbers and complaints as they are written everywhere.
    private static var environment: [String: String] {
        var environment = Environment.all
        environment["LC_ALL"] = "C"
        return environment
    }

    private func failure(_ outcome: Subprocess.Outcome) -> ConsistencyError {
        let complaint = Self.complaint(in: outcome.errors)
        if outcome.hasTimedOut {
            return ConsistencyError(.toolFailed, "\(rawValue) did not end within \(Self.timeout): \(complaint)")
        }
        let ending = complaint.isEmpty ? outcome.ending.description : complaint
        return ConsistencyError(Self.code(of: complaint), "\(rawValue) failed: \(ending)")
    }

    /// What it said, without what it only warns of.
    static func complaint(in errors: String) -> String {
        let lines = errors.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
        let complaints = lines.filter { !$0.hasPrefix("WARNING:") && !$0.hasPrefix("File descriptor") }
        return complaints.prefix(shownLineCount).joined(separator: "; ")
    }

    static func code(of complaint: String) -> ConsistencyError.Code {
        if complaint.contains("nsufficient free space") || complaint.contains("nsufficient suitable") {
            return .noReserve
        }
        if complaint.contains("suspend ioctl"), complaint.contains("Device or resource busy") { return .alreadyFrozen }
        if complaint.contains("Permission denied") || complaint.contains("Operation not permitted") {
            return .permissionDenied
        }
        return .toolFailed
    }

    private static let shownLineCount = 4
}
