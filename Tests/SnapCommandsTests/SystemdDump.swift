import SnapSystem
import SnapTestSupport
import SystemPackage

@testable import SnapCommands

/// What systemd makes of a unit, without running anything: 'systemd --test', which refuses to be root.
struct SystemdDump {
    struct Unit {
        var command: [String]
        var mounts: [String]
    }

    private static let program: FilePath = "/lib/systemd/systemd"
    private static let user = "nobody"

    static var isAvailable: Bool { Environment.isSuperuser && File.exists(program) }

    private let units: ScheduleUnits
    private let home: FilePath

    init(_ directory: ScratchDirectory) throws {
        home = try directory.folder("home")
        units = ScheduleUnits(directory: try directory.folder("units"))
        try Command.check("chmod", "755", directory.path.string, units.directory.string)
        try Command.check("chmod", "777", home.string)
        // Without what a manager of a user may not do, such as to make folders of the system.
        try AtomicFile.write(
            Array("[Service]\nType=oneshot\nExecStart=/bin/false\n".utf8),
            to: units.directory.appending("snapctl-create@.service"), permissions: 0o644)
    }

    func unit(_ schedule: Schedule, _ surroundings: Schedule.Surroundings) throws -> Unit {
        try units.write(schedule, surroundings)
        let variables = ["XDG_RUNTIME_DIR=\(home)", "HOME=\(home)", "SYSTEMD_UNIT_PATH=\(units.directory):"]
        let told = try Command.run(
            ["runuser", "-u", Self.user, "--", "env"] + variables
                + [Self.program.string, "--test", "--user", "--unit=\(schedule.service)"]
        ).output.split(separator: "\n")
        guard let start = told.firstIndex(where: { $0.hasSuffix("-> Unit \(schedule.service):") }) else {
            throw Command.Failure(description: "systemd does not know \(schedule.service)")
        }
        let end = told[(start + 1)...].firstIndex { $0.contains("-> Unit ") } ?? told.endIndex
        func values(_ key: String) -> [String] {
            told[start..<end].compactMap { line in
                guard let key = line.firstRange(of: key + ": ") else { return nil }
                // After a dependency it says where that is from.
                let end = line.firstRange(of: " (origin-")?.lowerBound ?? line.endIndex
                return String(line[key.upperBound..<end])
            }
        }
        guard let command = values("Command Line").first else {
            throw Command.Failure(description: "systemd has no command for \(schedule.service)")
        }
        return Unit(command: try words(of: command), mounts: values("RequiresMountsFor"))
    }

    /// As a shell reads them. What systemd does last, when it runs them, is to take two dollar signs for one.
    private func words(of command: String) throws -> [String] {
        let script = home.appending("script")
        try AtomicFile.write(Array("printf '%s\\0' \(command)".utf8), to: script)
        return try Command.check("bash", script.string).split(separator: "\0").map {
            String($0).replacing("$$", with: "$")
        }
    }
}
