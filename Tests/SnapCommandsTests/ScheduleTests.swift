import ArgumentParser
import SnapEngine
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapCommands

@Suite struct ScheduleTests {
    private static let schedule = Schedule(
        name: "dev-vdb", volumes: ["/dev/vdb", "/srv/my images/50% \"web\" $HOME.img"], calendar: "Mon..Fri 02:30",
        description: "nightly; 100%", policy: "nightly")

    @Test func `what is written is read again`() throws {
        let text = Self.schedule.serviceText(program: "/usr/bin/snapctl", places: [])
        #expect(Schedule(name: "dev-vdb", serviceText: text) == Self.schedule)
        #expect(Schedule(name: "x", serviceText: "[Service]\nExecStart=/bin/true\n") == nil)
    }

    @Test func `the files are as ever`() throws {
        try Golden.expect(
            Self.schedule.serviceText(program: "/usr/bin/snapctl", places: ["--config", "/c.yaml"]), "schedule.service")
        try Golden.expect(Self.schedule.timerText, "schedule.timer")
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
            try units.write(schedule, program: program.string, places: [])
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
        do throws(EngineError) {
            _ = try command.schedule(EngineConfiguration(root: "/r"))
            Issue.record("\(words) was accepted")
        } catch {
            #expect(error.code == code)
        }
    }

    @Test(arguments: ["daily", "*-*-* 02:30", "Mon..Fri 02:30"]) func `times of systemd`(text: String) throws {
        try ServiceManager.check(calendar: text)
    }

    @Test(arguments: ["", "sometimes", "daily\nUnit=x", "25:00"]) func `what is no time of systemd`(text: String) {
        #expect(throws: EngineError.self) { try ServiceManager.check(calendar: text) }
    }
}
