import ArgumentParser
import SnapConsistency
import SnapEngine
import SnapModel
import SnapSystem
import SystemPackage
import Testing

@testable import SnapCommands

@Suite struct CommandLineTests {
    private static func command<Command: ParsableCommand>(_ type: Command.Type, _ words: String...) throws
        -> Command
    {
        try #require(try Snapctl.parseAsRoot(words) as? Command)
    }

    private static func code(_ body: () throws -> Void) -> EngineError.Code? {
        do { try body() } catch let error as EngineError { return error.code } catch { return nil }
        return nil
    }

    @Test func `help is as ever`() throws {
        let verbs: [(String, any ParsableCommand.Type)] = [
            ("snapctl", Snapctl.self), ("create", CreateCommand.self), ("list", ListCommand.self),
            ("restore", RestoreCommand.self), ("verify", VerifyCommand.self), ("diff", DiffCommand.self),
            ("benchmark", BenchmarkCommand.self), ("catalogue", CatalogueCommand.self),
            ("catalogue-rebuild", RebuildCommand.self), ("volume", VolumeCommand.self),
            ("config", ConfigCommand.self), ("config-show", ShowConfigCommand.self),
            ("config-check", CheckConfigCommand.self), ("policy", PolicyCommand.self),
            ("policy-apply", ApplyPoliciesCommand.self), ("schedule", ScheduleCommand.self),
            ("schedule-add", AddScheduleCommand.self), ("schedule-list", ListSchedulesCommand.self),
            ("schedule-remove", RemoveScheduleCommand.self), ("maintain", MaintainCommand.self),
            ("metrics", MetricsCommand.self),
            ("volume-inspect", InspectCommand.self), ("delete", DeleteCommand.self), ("tag", TagCommand.self),
            ("untag", UntagCommand.self), ("lock", LockCommand.self), ("unlock", UnlockCommand.self),
            ("bin", BinCommand.self), ("bin-list", BinListCommand.self), ("bin-restore", BinRestoreCommand.self),
            ("gc", GarbageCommand.self), ("stats", StatisticsCommand.self),
        ]
        for (name, verb) in verbs {
            try Golden.expect(Snapctl.helpMessage(for: verb, columns: 80) + "\n", "help-\(name).txt")
        }
    }

    @Test func `verbs answer to their other names`() throws {
        for name in ["list", "describe"] { _ = try Self.command(ListCommand.self, name) }
        _ = try Self.command(RebuildCommand.self, "catalog", "rebuild")
    }

    @Test func `a create is read whole`() throws {
        let create = try Self.command(
            CreateCommand.self,
            "create",
            "--volume",
            "/dev/vdb",
            "--description",
            "d",
            "--consistency",
            "none",
            "--max-freeze",
            "1500ms",
            "--on-no-converge",
            "freeze-longer",
            "--audit",
            "--on-quiesce-failure",
            "crash-consistent",
            "--hook",
            "/h",
            "--hook-timeout",
            "2m",
            "--no-hooks",
            "--clone-dir",
            "/c",
            "--reserve",
            "2G",
            "--allow-root-volume",
            "--volume",
            "vol-1234abcd",
            "--no-wait",
            "--pack-size",
            "64M",
            "--root",
            "/r",
            "--output",
            "text",
            "-q"
        )
        let request = try create.request()
        #expect(request.volumes == ["/dev/vdb", "vol-1234abcd"] && request.description == "d")
        var options = PointInTimeOptions()
        options.method = ConsistencyMethod.none
        options.maxFreeze = .milliseconds(1_500)
        options.liveMaxFreeze = .milliseconds(1_500)
        options.onNoConverge = .freezeLonger
        options.audits = true
        options.onQuiesceFailure = .crashConsistent
        options.hooks.others = ["/h"]
        options.hooks.timeout = .seconds(120)
        options.cloneDirectory = "/c"
        options.reserveByteCount = 2 << 30
        options.allowsRootVolume = true
        #expect(request.options == options)
        #expect(create.options.wait == false)
        #expect(create.options.packSize?.byteCount == 64 << 20)
        #expect(
            create.options.shared.root == "/r" && create.options.shared.format == .text && create.options.shared.quiet)
    }

    /// A worker has another working folder.
    @Test func `paths of a create are absolute, ids are not paths`() throws {
        let create = try Self.command(
            CreateCommand.self, "create", "--volume", "disk.img", "--volume", "vol-1234abcd", "--hooks-dir", "h")
        let request = try create.request()
        let folder = try #require(CurrentProcess.workingFolder)
        #expect(request.volumes == [folder.appending("disk.img").string, "vol-1234abcd"])
        #expect(request.options.hooks.directory == folder.appending("h") && request.options.method == nil)
        #expect(request.options.maxFreeze == .seconds(30) && create.options.wait == nil)
    }

    @Test func `what is not understood is a usage error`() {
        let lines = [
            ["frobnicate"], ["create"], ["create", "--volume", "x", "--consistency", "magic"],
            ["diff", "snap-12345678"],
            ["create", "--volume", "x", "--pack-size", "large"], ["list", "--output", "xml"],
            ["restore", "snap-12345678"],
        ]
        for words in lines {
            do {
                _ = try Snapctl.parseAsRoot(words)
                Issue.record("\(words) was understood")
            } catch {
                #expect(Snapctl.exitCode(for: error).rawValue == ErrorTable.usage.exitStatus, "\(words)")
                #expect(Program.usageMessage(for: error).hasPrefix("snapctl: error: "), "\(words)")
            }
        }
    }

    /// Scalars count, and neither bytes nor what a reader takes for one character.
    @Test(arguments: ["a", "é", "夜", "🚀"])
    func `a description has at most 255 characters`(character: String) throws {
        func request(_ count: Int) throws -> CreateRequest {
            let description = String(repeating: character, count: count)
            return try Self.command(
                CreateCommand.self,
                "create",
                "--volume",
                "x",
                "--description",
                description
            )
            .request()
        }
        #expect(try request(255).description.unicodeScalars.count == 255)
        #expect(Self.code { _ = try request(256) } == .invalidParameter)
    }

    @Test(
        arguments: [
            ("snap-0123456789abcdef0", nil), ("snap-1a2b3c4d", nil),
            ("snap-0123456789ABCDEF0", .malformedSnapshotID),
            ("snap-0123456789abcdef", .malformedSnapshotID),
            ("snap-0123456789abcdef01", .malformedSnapshotID),
            ("snap-", .malformedSnapshotID), ("snap-0123456789abcdefg", .malformedSnapshotID),
            ("snap-１２３４５６７８", .malformedSnapshotID), ("nightly", .invalidParameter), ("", .invalidParameter),
            ("vol-12345678", .invalidParameter), (" snap-1a2b3c4d", .invalidParameter),
        ] as [(String, EngineError.Code?)]
    )
    func `ids of snapshots are well formed or refused`(text: String, code: EngineError.Code?) throws {
        #expect(Self.code { _ = try Identifiers.snapshot(text) } == code)
        let good = "snap-12345678"
        #expect(
            Self.code { _ = try Self.command(ListCommand.self, "list", good, text).query() } == code
        )
        #expect(Self.code { _ = try Self.command(DiffCommand.self, "diff", good, text).request() } == code)
        #expect(Self.code { _ = try Self.command(VerifyCommand.self, "verify", text).request() } == code)
        #expect(
            Self.code { _ = try Self.command(RestoreCommand.self, "restore", text, "--to", "x").request() }
                == code
        )
    }

    @Test(
        arguments: [
            ("/dev/vdb", nil), ("disk.img", nil), ("./vol-x", nil), ("vol-1234abcd", nil),
            ("vol-0123456789abcdef0", nil),
            ("vol-x", .malformedVolumeID), ("vol-", .malformedVolumeID), ("", .invalidParameter),
        ] as [(String, EngineError.Code?)]
    )
    func `volumes are paths or well-formed ids`(text: String, code: EngineError.Code?) {
        #expect(Self.code { _ = try Identifiers.volume(text) } == code)
    }

    @Test func `ids are taken from both places, once each, in order`() throws {
        let list = try Self.command(
            ListCommand.self,
            "list",
            "snap-00000002",
            "--snapshot-ids",
            "snap-00000001",
            "snap-00000002",
            "--quiet"
        )
        #expect(try list.query().ids.map(\.rawValue) == ["snap-00000002", "snap-00000001"])
    }

    @Test(
        arguments: [
            ("1", 1), ("64M", 64 << 20), ("64MiB", 64 << 20), ("64m", 64 << 20), ("1G", 1 << 30),
            ("8k", 8_192),
            ("5B", 5),
            ("", nil), ("M", nil), ("-1", nil), ("1.5G", nil), ("1T2", nil), ("64 M", nil),
            ("9999999999999999999", nil),
            ("9223372036854775807G", nil), ("６４M", nil),
        ] as [(String, Int?)]
    )
    func `sizes`(text: String, byteCount: Int?) { #expect(ByteSize(argument: text)?.byteCount == byteCount) }

    @Test func `the scratch folder of a benchmark exists`() {
        #expect(BenchmarkCommand.nearestFolder(to: "/no/such/folder") == "/")
        #expect(BenchmarkCommand.nearestFolder(to: "no-such-folder/here") == ".")
        #expect(BenchmarkCommand.nearestFolder(to: "/tmp") == "/tmp")
    }
}
