internal import SnapSystem
internal import SystemPackage

/// Which programs are hooks, by the rules of qemu-guest-agent's fsfreeze-hook, and which of them are not to be trusted.
extension HookSequence {
    static func find(_ settings: HookSettings) throws(ConsistencyError) -> [Hook] {
        var hooks: [Hook] = []
        if let directory = settings.directory { hooks += try list(directory) }
        for path in settings.others {
            let isProgram = (try status(path)).map {
                $0.kind == .regularFile && $0.permissions & executableByAnyone != 0
            }
            guard let isProgram else { throw refusal(path, "there is no such file") }
            guard isProgram else { throw refusal(path, "it is no executable file: chmod +x") }
            hooks.append(Hook(path: path))
        }
        if Environment.isSuperuser { for hook in hooks { try HookTrust.check(hook.path) } }
        return hooks
    }

    /// The executables in a directory, by the bytes of their names, as `LC_ALL=C ls` lists them; none where there is no
    /// such directory. Hidden files, and what editors and packages leave beside a file, are passed over.
    private static func list(_ directory: FilePath) throws(ConsistencyError) -> [Hook] {
        guard try status(directory) != nil else { return [] }
        if Environment.isSuperuser { try HookTrust.checkDirectory(directory) }
        let names: [String]
        do throws(SystemError) {
            names = try Directory.names(in: directory)
        } catch {
            throw ConsistencyError(error)
        }
        var hooks: [Hook] = []
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where !isIgnored(name) {
            let path = directory.appending(name)
            guard let status = try status(path), status.kind == .regularFile else { continue }
            if status.permissions & executableByAnyone != 0 { hooks.append(Hook(path: path)) }
        }
        return hooks
    }

    static func isIgnored(_ name: String) -> Bool {
        name.hasPrefix(".") || ignoredEndings.contains { name.hasSuffix($0) }
    }

    private static let ignoredEndings = [
        "~", ".bak", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", ".sample", ".dpkg-old", ".dpkg-new", ".dpkg-tmp",
        ".dpkg-dist", ".dpkg-bak", ".dpkg-backup", ".dpkg-remove",
    ]

    private static let executableByAnyone: UInt32 = 0o111

    private static func refusal(_ path: FilePath, _ reason: String) -> ConsistencyError {
        ConsistencyError(.hookFailed, "the hook \(path.string) cannot be run: \(reason)")
    }

    /// nil: there is nothing of that name, or a link to nothing.
    private static func status(_ path: FilePath) throws(ConsistencyError) -> FileStatus? {
        do throws(SystemError) {
            return try FileStatus(of: path)
        } catch {
            guard error.code == .noSuchFileOrDirectory else { throw ConsistencyError(error) }
            return nil
        }
    }
}
