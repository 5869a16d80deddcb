import Foundation
import Glibc
import SnapSystem
import SnapTestSupport
import SnapTracking
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
                // Also one that fails.
                let hook = directory.appending("hook")
                try AtomicFile.write(Array("#!/bin/sh\nexit 1\n".utf8), to: hook, permissions: 0o755)
                let failed = try program.run(
                    "create", "--volume", directory.appending("volume.img").string, "--hook", hook.string, "--config",
                    configuration.string)
                #expect(failed.status == 27 && !text.contains("snapctl_volume_last_failure_time_seconds"))
                let after = try File.readText(file)
                #expect(after.contains("snapctl_volume_last_failure_time_seconds{"))
                #expect(after.contains("state=\"error\"} 1\n") && after.contains("state=\"completed\"} 1\n"))
                // As in its unit, which lets nobody else read what it makes: but whoever collects metrics is somebody else.
                let line = program.line(["maintain", "--config", configuration.string])
                try Command.check(["sh", "-c", "umask 077; exec \"$@\"", "sh"] + line)
                #expect(try File.readText(file).contains("snapctl_maintain_last_success_time_seconds"))
                #expect(try FileStatus(of: file).permissions == 0o644)
                let printed = try Command.check(program.line(["metrics"]))
                #expect(printed.contains("snapctl_store_packs"))
            }
        }

        @Test func `systemd hears when the point in time is secured, and how it ended`() throws {
            try Self.with { directory, program, configuration in
                let socket = try NotificationSocket(directory.appending("notify"))
                let volume = directory.appending("volume.img")
                try Self.fill(volume, seed: 1)
                let (line, number) = (
                    program.line(["create", "--volume", volume.string, "--wait"]), directory.appending("number")
                )
                try Command.check(
                    ["sh", "-c", "echo $$ >\(number); exec \"$@\"", "sh", "env", "NOTIFY_SOCKET=\(socket.path)"] + line)
                let news = socket.receivedBySenders()
                let ready = try #require(news.first { $0.line == "READY=1" })
                // systemd believes a process that has ended meanwhile only if it is the one that it started.
                #expect(try "\(ready.process)\n" == File.readText(number))
                let lines = news.map(\.line)
                #expect(lines.contains { $0.hasPrefix("STATUS=completed: snap-") })
                #expect(lines.contains("WATCHDOG=1") && lines[0].hasPrefix("STATUS="))
                try Command.check(["env", "NOTIFY_SOCKET=\(socket.path)"] + program.line(["maintain"]))
                let later = socket.received()
                #expect(later.first == "READY=1" && later.last == "STATUS=done" && later.contains("WATCHDOG=1"))
                #expect(later.contains { $0.hasPrefix("STATUS=reading snap-") })
            }
        }

        /// The watchdog of its unit hears of it while it reads, and not only between two things.
        @Test func `a long maintenance gives signs of life`() throws {
            try Self.with { directory, program, configuration in
                let socket = try NotificationSocket(directory.appending("notify"))
                let volume = try directory.volume("long", byteCount: 192 << 20)
                try program.create(volume)
                let line = ["NOTIFY_SOCKET=\(socket.path)"] + program.line(["maintain"])
                let run = try RunningProgram(["/usr/bin/env"] + line, logs: directory)
                var news: [String] = []
                // As a slow disk would: it stands still now and then, while it reads.
                while !news.contains(where: { $0.hasPrefix("STATUS=reading") }) {
                    try #require(try run.poll() == nil, "it ended before it could be watched")
                    news += socket.received()
                }
                let begun = news.count
                for _ in 0..<8 { run.crawl(running: 1_000, stopped: 400_000) }
                run.signal(SIGCONT)
                #expect(try run.wait().status == 0)
                news += socket.received()
                #expect(news[begun...].contains("WATCHDOG=1") && news.last == "STATUS=done", "\(news)")
            }
        }

        /// systemd waits for the point in time, which by `live` is after all was copied once: as long as that gets on.
        @Test func `a long first copy puts off the end of the start, a hook that hangs does not`() throws {
            let moreTime = "EXTEND_TIMEOUT_USEC=1800000000"
            try Self.with { directory, program, configuration in
                let socket = try NotificationSocket(directory.appending("notify"))
                let (hook, hangs) = (directory.appending("hook"), directory.appending("hangs"))
                let script = "#!/bin/sh\ntest $1 = thaw || { : >'\(hangs)'; sleep 10; }\n"
                try AtomicFile.write(Array(script.utf8), to: hook, permissions: 0o755)
                try Place.with(.ext4, on: nil, in: directory) { place in
                    try scramble(place.mountPoint.appending("much"), 96 << 20)
                    let create = program.line([
                        "create", "--volume", place.device.string, "--consistency", "live", "--hook", hook.string,
                        "--wait",
                    ])
                    let run = try RunningProgram(
                        ["/usr/bin/env", "NOTIFY_SOCKET=\(socket.path)"] + create, logs: directory)
                    let isCopying = try wait { run.worker.map { KernelPrograms.count(of: $0) > 0 } ?? false }
                    #expect(isCopying)
                    var news: [String] = []
                    while !news.contains(moreTime) {
                        try #require(try run.poll() == nil, "it ended before it could be watched: \(news)")
                        run.crawl(running: 10_000, stopped: 300_000)
                        news += socket.received()
                    }
                    run.signalBoth(SIGCONT)
                    #expect(!news.contains("READY=1"))
                    let isHanging = try wait(.seconds(60)) { File.exists(hangs) }
                    #expect(isHanging)
                    // The last that was copied may be told now.
                    usleep(2_500_000)
                    _ = socket.received()
                    usleep(4_500_000)
                    let quiet = socket.received()
                    #expect(!quiet.isEmpty && quiet.allSatisfy { $0.hasPrefix("STATUS=") }, "\(quiet)")
                    #expect(try run.wait().status == 0)
                    let last = socket.received()
                    let ready = try #require(last.firstIndex(of: "READY=1"))
                    #expect(!last[ready...].contains(moreTime))
                }
            }
        }

        /// scripts/check-units takes away its system calls, too.
        @Test func `live needs no capability that its unit has not`() throws {
            let repository = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            let unit = try File.readText(repository.appending("packaging/systemd/snapctl-create@.service"))
            let key = "CapabilityBoundingSet=CAP_"
            let line = try #require(unit.split(separator: "\n").first { $0.hasPrefix(key) })
            let names = line.dropFirst(key.count).lowercased().split(separator: " cap_").map { "+\($0)" }
            let bounds = (["-all"] + names).joined(separator: ",")
            try Self.with { directory, program, configuration in
                try Place.with(.ext4, on: nil, in: directory) { place in
                    let create = ["create", "--volume", place.device.string, "--consistency", "live", "--wait"]
                    let output = try Command.check(
                        ["setpriv", "--bounding-set=\(bounds)", "--inh-caps=-all", "--no-new-privs", "--"]
                            + program.line(create))
                    let snapshot = try decode(SnapshotFields.self, output)
                    #expect(snapshot.state == "completed" && snapshot.own.consistency.method == "live")
                }
            }
        }

        /// What another left is not gone on with where that would end with the unit.
        @Test func `in a unit, a create resumes nothing, and maintain does`() throws {
            try Self.with { directory, program, configuration in
                try MountedFilesystem.with(.xfs, in: directory, name: "host", byteCount: 1 << 30) { host in
                    let image = try ScratchDirectory.sparseFile(at: host.path.appending("disk.img"), byteCount: 0)
                    try scramble(image, 128 << 20)
                    let snapshot = try program.secure(image, "--pack-size", "4M")
                    let worker = try #require(snapshot.own.worker)
                    kill(worker.processNumber, SIGTERM)
                    #expect(Waiting.until { ProcessIdentity(number: worker.processNumber) == nil })
                    let socket = try NotificationSocket(directory.appending("notify"))
                    let other = try directory.volume("other", byteCount: 4 << 20)
                    let unit = ["env", "NOTIFY_SOCKET=\(socket.path)"]
                    try Command.check(unit + program.line(["create", "--volume", other.string, "--wait"]))
                    let dead = try program.list(snapshot.id)[0]
                    #expect(dead.state == "pending" && dead.own.worker?.attemptCount == 1)
                    try Command.check(unit + program.line(["maintain"]))
                    let done = try program.list(snapshot.id)[0]
                    #expect(done.state == "completed" && done.own.worker?.attemptCount == 2)
                }
            }
        }

        @Test func `what is cut off is remembered and told`() throws {
            try Self.with { directory, program, configuration in
                let volume = try directory.volume("long", byteCount: 192 << 20)
                try program.create(volume)
                let file = directory.appending("snapctl.prom")
                let socket = try NotificationSocket(directory.appending("notify"))
                let line =
                    ["NOTIFY_SOCKET=\(socket.path)"] + program.line(["maintain", "--config", configuration.string])
                let run = try RunningProgram(["/usr/bin/env"] + line, logs: directory)
                var news: [String] = []
                while !news.contains(where: { $0.hasPrefix("STATUS=reading") }) {
                    try #require(try run.poll() == nil, "it ended before it could be cut off")
                    news += socket.received()
                }
                #expect(try run.end(SIGTERM).status == 130)
                #expect(socket.received().last?.hasPrefix("STATUS=failed: ") == true)
                let metrics = try File.readText(file)
                #expect(metrics.contains("snapctl_maintain_last_end_time_seconds "))
                #expect(!metrics.contains("snapctl_maintain_last_success_time_seconds "))
            }
        }

        /// Also those of the configuration count, and are counted before anything is done.
        @Test func `too many tags with the default ones`() throws {
            try Self.with { directory, program, configuration in
                let volume = directory.appending("volume.img")
                try Self.fill(volume, seed: 1)
                let tags = (0..<50).flatMap { ["--tag", "Key\($0)=value"] }
                for more in [[], ["--dry-run"]] {
                    let outcome = try program.run(
                        ["create", "--volume", volume.string, "--config", configuration.string] + tags + more)
                    #expect(outcome.status == 52, "\(more): \(outcome.errors)")
                }
                #expect(!File.exists(program.root))
                let own = try program.create(
                    volume, "--wait", "--config", configuration.string, "--tag", "Host=there")
                let text = try Command.check(program.line(["describe-tags", "--output", "text"]))
                #expect(text.contains("there") && !text.contains("here\n") && own.state == "completed", "\(text)")
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
                    service.contains("\"create\" \"--volume=/dev/vdb\"")
                        && service.contains("\"--root=\(program.root)\""))
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
