internal import SnapSystem
internal import SystemPackage

/// Root runs no program that somebody else could have written or put there.
enum HookTrust {
    /// A program, the directory it is in, and all above; also of what a symbolic link stands for.
    static func check(_ program: FilePath) throws(ConsistencyError) {
        try check(program, "the hook")
        try checkDirectory(program.removingLastComponent())
        try checkDirectory(try resolve(program).removingLastComponent())
    }

    /// A directory whose programs are run, and all above it.
    static func checkDirectory(_ directory: FilePath) throws(ConsistencyError) {
        var path = try resolve(directory.isEmpty ? "." : directory)
        try check(path, "the directory of hooks")
        while path.removeLastComponent() { try check(path, "above the directory of hooks,", isSticky: true) }
    }

    /// - Parameter isSticky: whether one in which only the owner of a name can change it will do, such as /tmp.
    private static func check(_ path: FilePath, _ words: String, isSticky: Bool = false) throws(ConsistencyError) {
        let status: FileStatus
        do throws(SystemError) {
            status = try FileStatus(of: path)
        } catch {
            throw ConsistencyError(error)
        }
        guard status.owner == superuser else {
            throw refusal(words, path, "belongs to user \(status.owner)", "chown root")
        }
        if isSticky, status.permissions & sticky != 0 { return }
        guard status.permissions & writableByOthers == 0 else {
            throw refusal(words, path, "can be written by others", "chmod go-w")
        }
    }

    private static let superuser: UInt32 = 0
    private static let writableByOthers: UInt32 = 0o022
    private static let sticky: UInt32 = 0o1000

    private static func refusal(
        _ words: String, _ path: FilePath, _ reason: String, _ remedy: String
    ) -> ConsistencyError {
        let advice = "root runs only what nobody else can change: \(remedy) \(path.string)"
        return ConsistencyError(.permissionDenied, "\(words) \(path.string) \(reason), and \(advice)")
    }

    private static func resolve(_ path: FilePath) throws(ConsistencyError) -> FilePath {
        do throws(SystemError) {
            return try File.resolve(path)
        } catch {
            throw ConsistencyError(error)
        }
    }
}
