import Foundation
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

/// What happens while nobody watches: schedules, policies, maintenance, metrics, and what systemd hears of it.
extension Integration {
    @Suite struct Nights {
        private struct PolicyFields: Decodable {
            struct Line: Decodable {
                var SnapshotId: String
                var Fate: String
            }
            var Snapshots: [Line]
            var RemovedCount: Int
            var FreedByteCount: Int
        }

        private struct MaintenanceFields: Decodable {
            var RemovedByPolicy: [String]
            var Read: [String]
            var Damaged: [String]
            var FreedByteCount: Int
        }

        private static func with(_ body: (ScratchDirectory, Program, FilePath) throws -> Void) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let configuration = directory.appending("snapctl.yaml")
                let text = """
                    default-tags: {Host: here}
                    recycle-bin: {days: 0}
                    metrics-file: \(directory.appending("snapctl.prom"))
                    policies:
                      two: {volumes: "*", keep-last: 2}
                    """
                try AtomicFile.write(Array(text.utf8), to: configuration)
                try body(directory, program, configuration)
            }
        }

        /// A few MiB that nothing else is made of.
        private static func fill(_ path: FilePath, seed: UInt64) throws {
            var random = SeededRandom(seed: seed)
            let bytes = (0..<(3 << 20) / 8).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
            try Data(bytes).write(to: URL(filePath: path.string))
        }

        private static func snapshots(
            _ count: Int, _ program: Program, _ directory: ScratchDirectory, _ configuration: FilePath
        ) throws -> [String] {
            let volume = directory.appending("volume.img")
            return try (0..<count).map { index in
                try fill(volume, seed: UInt64(index + 1))
                return try program.create(volume, "--wait", "--config", configuration.string).id
            }
        }

        @Test func `a policy frees what it said it would`() throws {
            try Self.with { directory, program, configuration in
                let ids = try Self.snapshots(4, program, directory, configuration)
                let before = try program.list().map(\.id)
                let dry = try decode(
                    PolicyFields.self,
                    try Command.check(
                        program.line(["policy", "apply", "--dry-run", "--config", configuration.string])))
                #expect(dry.Snapshots.filter { $0.Fate == "goes" }.map(\.SnapshotId).sorted() == ids.prefix(2).sorted())
                #expect(dry.RemovedCount == 2 && dry.FreedByteCount > 6 << 20)
                #expect(try program.list().map(\.id) == before, "a dry run only tells")
                let maintained = try decode(
                    MaintenanceFields.self,
                    try Command.check(program.line(["maintain", "--config", configuration.string])))
                #expect(maintained.RemovedByPolicy.sorted() == ids.prefix(2).sorted())
                #expect(maintained.FreedByteCount == dry.FreedByteCount && maintained.Damaged.isEmpty)
                #expect(maintained.Read.sorted() == ids.suffix(2).sorted())
                #expect(try program.list().map(\.id).sorted() == ids.suffix(2).sorted())
                for id in ids.suffix(2) { #expect(try program.verifies(id)) }
            }
        }

        @Test func `each create and each maintain renew the file of metrics`() throws {
            try Self.with { directory, program, configuration in
                _ = try Self.snapshots(1, program, directory, configuration)
                let file = directory.appending("snapctl.prom")
                let text = try File.readText(file)
                #expect(text.contains("snapctl_volume_last_completed_time_seconds{volume=\"vol-"))
                #expect(!text.contains("snapctl_maintain_last_success_time_seconds"))
                #expect(try FileStatus(of: file).permissions == 0o644)
                try Command.check(program.line(["maintain", "--config", configuration.string]))
                #expect(try File.readText(file).contains("snapctl_maintain_last_success_time_seconds"))
                let printed = try Command.check(program.line(["metrics"]))
                #expect(printed.contains("snapctl_store_packs"))
            }
        }

        @Test func `systemd hears when the point in time is secured, and how it ended`() throws {
            try Self.with { directory, program, configuration in
                let socket = try NotificationSocket(directory.appending("notify"))
                let volume = directory.appending("volume.img")
                try Self.fill(volume, seed: 1)
                let line = program.line(["create", "--volume", volume.string, "--wait"])
                try Command.check(["env", "NOTIFY_SOCKET=\(socket.path)"] + line)
                let news = socket.received()
                let ready = try #require(news.firstIndex(of: "READY=1"))
                let end = try #require(news.firstIndex { $0.hasPrefix("STATUS=completed: snap-") })
                #expect(ready < end && news.contains("WATCHDOG=1") && news[0].hasPrefix("STATUS="))
                try Command.check(["env", "NOTIFY_SOCKET=\(socket.path)"] + program.line(["maintain"]))
                let later = socket.received()
                #expect(later.first == "READY=1" && later.last == "STATUS=done" && later.contains("STOPPING=1"))
                #expect(later.contains { $0.hasPrefix("STATUS=reading snap-") })
            }
        }

        @Test func `one command schedules a backup, another ends it`() throws {
            try Self.with { directory, program, configuration in
                let units = directory.appending("units").string
                let add = program.line([
                    "schedule", "add", "--volume", "/dev/vdb", "--on-calendar", "daily", "--unit-dir", units,
                ])
                let added = try Command.check(add)
                #expect(added.contains("systemctl enable --now snapctl-create@dev-vdb.timer"))
                let service = try File.readText(
                    FilePath(units).appending("snapctl-create@dev-vdb.service.d/50-snapctl-schedule.conf"))
                #expect(
                    service.contains("\"create\" \"--volume\" \"/dev/vdb\"")
                        && service.contains("\"--root\" \"\(program.root)\""))
                #expect(try Command.run(add).status == 82, "there is one of that name")
                #expect(try Command.run(add + ["--replace"]).status == 0)
                #expect(try Command.check(program.line(["schedule", "list", "--unit-dir", units])).contains("dev-vdb"))
                try Command.check(program.line(["schedule", "remove", "dev-vdb", "--unit-dir", units]))
                #expect(try program.run("schedule", "remove", "dev-vdb", "--unit-dir", units).status == 81)
                #expect(try Directory.names(in: FilePath(units)).isEmpty)
            }
        }

        /// The root is named by the options here, and by nothing else.
        @Test func `a bad configuration ends any command before it does anything`() throws {
            try Self.with { directory, program, configuration in
                try AtomicFile.write(Array("polices: {}\n".utf8), to: configuration)
                for verb in [["list"], ["create", "--volume", "/x"], ["maintain"], ["config", "check"], ["gc"]] {
                    let outcome = try Command.run(program.line(verb + ["--config", configuration.string]))
                    #expect(
                        outcome.status == 78
                            && outcome.errors.contains("line 1: polices: there is no such key; did you mean policies?"),
                        "\(verb)")
                }
                #expect(!File.exists(program.root))
            }
        }
    }
}
