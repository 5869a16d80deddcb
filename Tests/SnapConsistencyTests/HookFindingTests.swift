import Glibc
import SnapConsistency
import SnapModel
import SnapTestSupport
import SystemPackage
import Testing

/// Which files are hooks, and which of them root refuses to run.
@Suite("Finding hooks", .timeLimit(.minutes(20)))
struct HookFindingTests {
    @Test func whatIsPassedOver() throws {
        try HookScripts.with { scripts in
            let ignored = [
                "a~", "a.bak", "a.orig", "a.rpmnew", "a.rpmorig", "a.rpmsave", "a.sample", "a.dpkg-old", "a.dpkg-new",
                "a.dpkg-tmp", "a.dpkg-dist", "a.dpkg-bak", "a.dpkg-backup", "a.dpkg-remove", ".hidden",
            ]
            for name in ignored { try scripts.add(name) }
            try scripts.add("not-executable", permissions: "644")
            try Command.check("mkdir", scripts.directory.appending("folder").string)
            try Command.check("ln", "-s", "nothing", scripts.directory.appending("dangling").string)
            #expect(try scripts.sequence().isEmpty)
            try scripts.add("a.sh")
            let program = try scripts.add("program", at: scripts.scratch.path)
            try Command.check("ln", "-s", program.string, scripts.directory.appending("link").string)
            let sequence = try scripts.sequence()
            try sequence.freeze()
            #expect(sequence.runs.map(\.name) == ["a.sh", "link"])
        }
    }

    @Test func withoutADirectoryThereAreNone() throws {
        var settings = HookSettings()
        #expect(try HookSequence(settings, HookScripts.nothing).isEmpty)
        settings.directory = "/nonexistent/hooks.d"
        #expect(try HookSequence(settings, HookScripts.nothing).isEmpty)
    }

    @Test func aNamedHookMustBeThere() throws {
        try HookScripts.with { scripts in
            let plain = try scripts.add("plain", at: scripts.scratch.path, permissions: "644")
            let cases = [
                (scripts.scratch.appending("missing"), "there is no such file"), (plain, "chmod +x"),
                (scripts.directory, "it is no executable file"),
            ]
            for (path, words) in cases {
                let error = #expect(throws: ConsistencyError.self) { _ = try scripts.sequence(others: [path]) }
                #expect(error?.code == .hookFailed)
                #expect(error?.description.contains(words) == true && error?.description.contains(path.string) == true)
            }
        }
    }

    @Test func aFileIsNoDirectory() throws {
        try HookScripts.with { scripts in
            var settings = HookSettings()
            settings.directory = scripts.log
            let error = #expect(throws: ConsistencyError.self) { _ = try HookSequence(settings, HookScripts.nothing) }
            #expect(error?.code == .systemFailure)
        }
    }

    // MARK: - Trust

    /// What is done to the hook, its directory (`hooks.d`) or the one above, and what is then said.
    @Test(
        .enabled(if: geteuid() == 0, "only root refuses programs of others"),
        arguments: [
            ("chmod g+w hooks.d/hook", "the hook", "hooks.d/hook can be written by others"),
            ("chmod o+w hooks.d/hook", "the hook", "hooks.d/hook can be written by others"),
            ("chown 65534 hooks.d/hook", "the hook", "hooks.d/hook belongs to user 65534"),
            ("chmod g+w hooks.d", "the directory of hooks", "can be written by others"),
            ("chmod 1777 hooks.d", "the directory of hooks", "can be written by others"),
            ("chown 65534 hooks.d", "the directory of hooks", "belongs to user 65534"),
            ("chmod o+w .", "above the directory of hooks", "can be written by others"),
            (
                "mv hooks.d/hook . && ln -s ../hook hooks.d/hook && mkdir x && chmod 777 x && mv hook x/h && ln -sf ../x/h hooks.d/hook",
                "the directory of hooks", "/x can be written by others"
            ),
        ])
    func rootRefuses(change: String, subject: String, reason: String) throws {
        try HookScripts.with { scripts in
            let hook = try scripts.add("hook")
            #expect(!(try scripts.sequence().isEmpty))
            try Command.check("sh", "-c", "cd '\(scripts.scratch.path)' && \(change)")
            let error = #expect(throws: ConsistencyError.self) { _ = try scripts.sequence() }
            #expect(error?.code == .permissionDenied)
            #expect(error?.description.hasPrefix(subject) == true)
            #expect(error?.description.contains(reason) == true)
            let direct = #expect(throws: ConsistencyError.self) {
                var settings = HookSettings()
                settings.others = [hook]
                _ = try HookSequence(settings, HookScripts.nothing)
            }
            #expect(direct?.code == .permissionDenied, "also one that is named")
            #expect(try scripts.calls().isEmpty, "nothing of it was run")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root refuses programs of others"))
    func aStickyFolderAboveWillDo() throws {
        try HookScripts.with { scripts in
            try scripts.add("hook")
            try Command.check("chmod", "1777", scripts.scratch.path.string)
            #expect(!(try scripts.sequence().isEmpty))
        }
    }
}
