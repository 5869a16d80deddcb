import SnapConsistency
import SnapModel
import SnapTestSupport
import SystemPackage

/// A directory of hooks that write down how they are called.
struct HookScripts {
    let scratch: ScratchDirectory
    let directory: FilePath
    let log: FilePath

    static func with<Result>(_ body: (HookScripts) throws -> Result) throws -> Result {
        try ScratchDirectory.with { scratch in
            let log = try scratch.file("log", [])
            return try body(HookScripts(scratch: scratch, directory: try scratch.folder("hooks.d"), log: log))
        }
    }

    /// Written by another process: one that is open for writing here cannot be executed, and for a moment whatever this
    /// process starts has all that is open here.
    @discardableResult
    func add(
        _ name: String, _ script: String = "", at folder: FilePath? = nil, permissions: String = "755"
    ) throws -> FilePath {
        let path = (folder ?? directory).appending(name)
        let text = script.hasPrefix("#!") ? script : "#!/bin/sh\necho \"${0##*/} $1\" >>'\(log)'\n\(script)\n"
        try Command.check("sh", "-c", "cat >\"$0\" && chmod \(permissions) \"$0\"", path.string, input: text)
        return path
    }

    func sequence(
        others: [FilePath] = [], timeout: Duration = .seconds(30), context: HookContext = HookScripts.nothing
    ) throws -> HookSequence {
        var settings = HookSettings()
        settings.directory = directory
        settings.others = others
        settings.timeout = timeout
        return try HookSequence(settings, context)
    }

    /// `10-a freeze`, in the order of the calls.
    func calls() throws -> [String] {
        try Command.check("cat", log.string).split(separator: "\n").map(String.init)
    }

    static let nothing = HookContext(volumes: [], snapshotIDs: [], mountPoints: [])
}
