internal import ArgumentParser
internal import SnapEngine
internal import SystemPackage

/// `snapctl schedule`
struct ScheduleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Have systemd take snapshots again and again.",
        subcommands: [AddScheduleCommand.self, ListSchedulesCommand.self, RemoveScheduleCommand.self]
    )
}

/// Where schedules are.
struct ScheduleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Folder of units. Another than that of the system is only written to; systemd is not told.",
            valueName: "dir"),
        completion: .directory)
    var unitDir = "/etc/systemd/system"

    func units() throws(EngineError) -> ScheduleUnits {
        guard !unitDir.isEmpty else { throw EngineError(.invalidParameter, "the value of --unit-dir is empty") }
        return ScheduleUnits(directory: PointInTimeArguments.absolute(unitDir))
    }

    /// Whether systemd is there to be told.
    var reachesSystemd: Bool { FilePath(unitDir) == ScheduleUnits.systemDirectory && ServiceManager.isRunning }
}

/// `snapctl schedule list`
struct ListSchedulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the schedules there are.",
        discussion: "When each is due next: systemctl list-timers 'snapctl-*'")

    @OptionGroup var place: ScheduleOptions
    @OptionGroup var shared: SharedOptions

    func run() throws { try SchedulesAnswer(schedules: try place.units().schedules()).print(as: shared.format) }
}

/// `snapctl schedule remove`
struct RemoveScheduleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "End a schedule. Its snapshots stay.")

    @Argument(help: ArgumentHelp("Name of the schedule, as 'schedule list' has it.", valueName: "name"))
    var name: String

    @OptionGroup var place: ScheduleOptions
    @OptionGroup var shared: SharedOptions

    func run() throws {
        let units = try place.units()
        guard let schedule = try units.schedules().first(where: { $0.name == name }) else {
            throw EngineError(.scheduleNotFound, "there is no schedule '\(name)' in \(units.directory)")
        }
        let reachesSystemd = place.reachesSystemd
        let disabling = ["disable", "--now", schedule.timer]
        if reachesSystemd { try ServiceManager.control(disabling) }
        try units.remove(schedule)
        if reachesSystemd { try ServiceManager.control(["daemon-reload"]) }
        try ScheduleAnswer(
            schedule: schedule, verb: "removed", files: units.files(of: schedule).map(\.string),
            left: reachesSystemd ? [] : ["systemctl " + disabling.joined(separator: " ")]
        ).print(as: shared.format)
    }
}
