import Glibc
import SnapConsistency
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage

/// The hooks that are shipped, called as snapctl calls them.
struct HookExample {
    let name: String
    let scripts: HookScripts

    /// Whether every program is there: skip a test by it, naming the package that brings what is missing.
    static func has(_ programs: String...) -> Bool {
        (try? Command.run(["sh", "-c", "for p; do command -v $p || exit 1; done", "sh"] + programs))?.status == 0
    }

    /// With the root of the repository four folders above.
    var path: FilePath {
        FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .appending("packaging").appending("hooks.d").appending(name)
    }

    /// - Parameter settings: variables of the hook, as its configuration file has them.
    func sequence(
        _ settings: [String: String], mountPoints: [FilePath], timeout: Duration = .seconds(60)
    ) throws -> HookSequence {
        let states = scripts.scratch.appending("states")
        var lines = settings.map { "export \($0)='\($1)'" }
        lines.append("export SNAPCTL_\(name.uppercased())_CONFIG=/nonexistent SNAPCTL_HOOK_STATE='\(states)'")
        let script = "#!/bin/sh\n\(lines.joined(separator: "\n"))\nexec '\(path)' \"$@\"\n"
        let hook = try scripts.add(name, script, at: scripts.scratch.path)
        var hooks = HookSettings()
        hooks.others = [hook]
        hooks.timeout = timeout
        let context = HookContext(volumes: [], snapshotIDs: [SnapshotID.random()], mountPoints: mountPoints)
        return try HookSequence(hooks, context)
    }

    /// The filesystem on which the scratch folder is.
    func mountPoint() throws -> FilePath {
        FilePath(try Command.check("findmnt", "-n", "-o", "TARGET", "-T", scripts.scratch.path.string))
    }

    /// Whether a hook left its notes behind.
    func hasState() throws -> Bool {
        !(try Command.run(["sh", "-c", "ls -A '\(scripts.scratch.appending("states"))'"])).output.isEmpty
    }
}
