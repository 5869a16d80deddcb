import ArgumentParser
import SnapEngine
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapCommands

@Suite struct ScheduleTests {
    private static let surroundings = Schedule.Surroundings(program: "/usr/bin/snapctl", root: "/var/lib/snapctl")

    private static let schedule = Schedule(
        name: "dev-vdb", volumes: ["/dev/vdb", "/srv/my images/50% \"web\" $HOME.img"], calendar: "Mon..Fri 02:30",
        description: "nightly; 100%", policy: "nightly")

    @Test func `what is written is read again`() throws {
        let text = Self.schedule.serviceText(Self.surroundings)
        #expect(Schedule(name: "dev-vdb", serviceText: text) == Self.schedule)
        #expect(Schedule(name: "x", serviceText: "[Service]\nExecStart=/bin/true\n") == nil)
    }

    @Test func `the files are as ever`() throws {
        try Golden.expect(Self.schedule.serviceText(Self.surroundings), "schedule.service")
        var (often, surroundings) = (Self.schedule, Self.surroundings)
        often.policy = nil
        surroundings.places = ["--config=/c.yaml"]
        surroundings.triesAgain = false
        try Golden.expect(often.serviceText(surroundings), "schedule-often.service")
        try Golden.expect(Self.schedule.timerText, "schedule.timer")
    }

    /// What a path or a description may be made of.
    private static let odd = [
        " ", "  ", "é", "e\u{301}", "\u{301}", "日本", "🙂", "%", "%%", "%n", "$", "$HOME", "${HOME}", "\\", "\\n", "\"",
        "'", ";",
        "#", "[Service]", "=", "-", "--wait", "*", "?", "~", "@", "!", "|", ":", "\u{85}", "\u{2028}", "a", "B", "/",
    ]

    private static func oddText(_ random: inout SeededRandom) -> String {
        (0..<Int.random(in: 0...6, using: &random)).map { _ in odd.randomElement(using: &random) ?? "" }.joined()
    }

    @Test func `whatever is written is read again`() throws {
        for seed in UInt64(1)...500 {
            var random = SeededRandom(seed: seed)
            let volumes = (0...Int.random(in: 0...2, using: &random)).map { _ in "/" + Self.oddText(&random) }
            let schedule = Schedule(
                name: "x", volumes: volumes, calendar: "daily", description: Self.oddText(&random),
                policy: seed.isMultiple(of: 2) ? "p" : nil)
            let read = try #require(Schedule(name: "x", serviceText: schedule.serviceText(Self.surroundings)))
            #expect(read.volumes.map { Array($0.utf8) } == volumes.map { Array($0.utf8) }, "seed \(seed)")
            #expect(Array(read.description.utf8) == Array(schedule.description.utf8), "seed \(seed)")
            #expect(read.policy == schedule.policy && read.calendar == "daily")
        }
    }

    /// As systemd tells paths: no slash twice, none at the end.
    private static func simplified(_ path: String) -> String {
        "/" + path.split(separator: "/").joined(separator: "/")
    }

    /// systemd, as another user and in test mode, tells the command line that it would run; a shell reads it.
    @Test(.enabled(if: SystemdDump.isAvailable, "needs root and systemd"))
    func `systemd runs the words that are meant`()
        throws
    {
        try ScratchDirectory.with { directory in
            let dump = try SystemdDump(directory)
            for seed in UInt64(1)...6 {
                var random = SeededRandom(seed: seed)
                let names = Self.odd.filter { _ in Bool.random(using: &random) }.map { $0 + Self.oddText(&random) }
                let volumes = (names + ["at its end \\"]).map { "/srv/x" + $0 }
                let schedule = Schedule(
                    name: "x\(seed)", volumes: volumes, calendar: "daily", description: "-" + Self.oddText(&random))
                var surroundings = Self.surroundings
                surroundings.program = "/bin/true"
                surroundings.root = "/srv/" + Self.oddText(&random)
                let found = try dump.unit(schedule, surroundings)
                let command = volumes.map { "--volume=" + $0 } + ["--description=" + schedule.description]
                #expect(
                    found.command == ["/bin/true", "create"] + command + ["--wait", "--quiet", "--output", "json"],
                    "seed \(seed)")
                for path in [surroundings.root] + volumes {
                    #expect(found.mounts.contains(Self.simplified(path)), "seed \(seed): \(path)")
                }
            }
        }
    }

    /// systemd itself reads the words back, where it is installed.
    @Test func `systemd understands what is written`() throws {
        try ScratchDirectory.with { directory in
            let program = try File.resolve("/bin/true")
            let units = ScheduleUnits(directory: directory.path)
            for name in ["snapctl-create@.service", "snapctl-create@.timer"] {
                let text = try Golden.projectFile("packaging/systemd/" + name)
                    .replacing("/usr/bin/snapctl", with: program.string)
                try AtomicFile.write(Array(text.utf8), to: directory.appending(name))
            }
            var schedule = Self.schedule
            schedule.policy = nil
            try units.write(schedule, Schedule.Surroundings(program: program.string, root: "/"))
            #expect(try units.schedules() == [schedule] && units.missingTemplates(hasPolicy: false).isEmpty)
            for unit in [schedule.service, schedule.timer] {
                let outcome = try Command.run([
                    "env", "SYSTEMD_UNIT_PATH=\(directory.path):", "systemd-analyze", "verify", "--man=no", unit,
                ])
                #expect(outcome.status == 0 && !outcome.errors.contains("snapctl"), "\(outcome.errors)")
            }
            try units.remove(schedule)
            #expect(try units.schedules().isEmpty)
            #expect(try Directory.names(in: directory.path) == ["snapctl-create@.service", "snapctl-create@.timer"])
        }
    }

    @Test(arguments: [
        ("/dev/vdb", "dev-vdb"), ("/dev/vg0/data", "dev-vg0-data"), ("/srv/my images/a.img", "srv-my-images-a.img"),
        ("vol-1234abcd", "vol-1234abcd"), ("/é", ""),
    ])
    func `names of schedules`(volume: String, name: String) {
        #expect(Schedule.name(for: volume) == name && (Schedule.isName(name) || name.isEmpty))
    }

    @Test(arguments: [
        (["--volume", "/x", "--name", "a/b"], EngineError.Code.invalidParameter),
        (["--volume", "/x", "--name", ".hidden"], .invalidParameter),
        (["--volume", "/x", "--description", "a\n[Service]"], .invalidParameter),
        (["--volume", "/x\nExecStart=/bin/sh"], .invalidParameter),
        (["--volume", "vol-x"], .malformedVolumeID), (["--volume", "/x", "--policy", "none"], .policyNotFound),
        (["--volume", "/é"], .invalidParameter),
    ])
    func `what cannot be scheduled is refused before anything is written`(words: [String], code: EngineError.Code)
        throws
    {
        let command = try #require(try Snapctl.parseAsRoot(["schedule", "add"] + words) as? AddScheduleCommand)
        let settings = try SettingsTests.settings(isSuperuser: true)
        do throws(EngineError) {
            _ = try command.schedule(settings)
            Issue.record("\(words) was accepted")
        } catch {
            #expect(error.code == code)
        }
    }

    @Test(arguments: ["daily", "*-*-* 02:30", "Mon..Fri 02:30"]) func `times of systemd`(text: String) throws {
        let times = try #require(try ServiceManager.times(of: text))
        #expect(times.count == 100 && times == times.sorted() && times[0] > .now())
        #expect(AddScheduleCommand.leavesTimeToTryAgain(times))
    }

    /// systemd counts what a timer starts as a try: what comes often would be refused as one that fails again and again.
    @Test(arguments: ["*:0/15", "minutely", "*-*-* 9..17:0/5", "*-*-* 02:00,30"])
    func `what comes often is not tried again`(text: String) throws {
        #expect(!AddScheduleCommand.leavesTimeToTryAgain(try #require(try ServiceManager.times(of: text))))
        let command = try #require(
            try Snapctl.parseAsRoot(["schedule", "add", "--volume", "/x", "--on-calendar", text]) as? AddScheduleCommand
        )
        let settings = try SettingsTests.settings(isSuperuser: true)
        let surroundings = try command.surroundings(of: try command.schedule(settings), settings)
        #expect(!surroundings.triesAgain)
    }

    @Test(arguments: ["hourly", "*:30", "monthly", "2099-01-01"]) func `what comes seldom is`(text: String) throws {
        #expect(AddScheduleCommand.leavesTimeToTryAgain(try #require(try ServiceManager.times(of: text))))
    }

    /// The template itself lets what comes every hour come, and still ends after three tries that fail at once.
    @Test func `the limits of the template`() throws {
        let service = try Golden.projectFile("packaging/systemd/snapctl-create@.service")
        let timer = try Golden.projectFile("packaging/systemd/snapctl-create@.timer")
        for line in ["StartLimitIntervalSec=55min", "StartLimitBurst=3", "RestartSec=10min", "WatchdogSec=30min"] {
            #expect(service.contains("\n\(line)\n"))
        }
        // Without them the first snapshot of a thick volume after a start fails: modprobe has not the capability.
        for dependency in ["Wants", "After"] {
            #expect(service.contains("\n\(dependency)=modprobe@dm_snapshot.service modprobe@dm_thin_pool.service\n"))
        }
        // Two that are an hour apart are less than that apart, if each comes after a delay of its own.
        #expect(timer.contains("\nFixedRandomDelay=true\n"))
    }

    /// Whoever has another root or configuration in the environment means it for what systemd starts, too.
    @Test func `the environment is remembered`() throws {
        let command = try #require(
            try Snapctl.parseAsRoot(["schedule", "add", "--volume", "/x"]) as? AddScheduleCommand)
        func places(_ variables: [String: String], named: String? = nil, file: String = "") throws -> [String] {
            let settings = try Settings(
                variables: variables, file: try ConfigurationFile("/f.yaml", file), namedFile: named, isSuperuser: true)
            return try command.surroundings(of: try command.schedule(settings), settings).places
        }
        #expect(try places([:], file: "root: /elsewhere").isEmpty)
        #expect(try places(["SNAPCTL_ROOT": "/e"]) == ["--root=/e"])
        #expect(try places([:], named: "/c.yaml") == ["--config=/c.yaml"])
        let file = "policies: {p: {volumes: [\"*\"], keep-last: 1}}"
        let other = try #require(
            try Snapctl.parseAsRoot(["schedule", "add", "--volume", "/x", "--policy", "p"]) as? AddScheduleCommand)
        #expect(try other.schedule(try SettingsTests.settings(file: file, isSuperuser: true)).policy == "p")
        #expect(throws: EngineError.self) {
            try other.schedule(try SettingsTests.settings(["SNAPCTL_ROOT": "/e"], file: file, isSuperuser: true))
        }
    }

    @Test(arguments: ["", "sometimes", "daily\nUnit=x", "25:00", "2020-01-01"])
    func `what is no time of systemd`(text: String) {
        #expect(throws: EngineError.self) { try ServiceManager.times(of: text) }
    }
}
