internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// `snapctl schedule add`
struct AddScheduleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Have snapshots of a volume taken every night, or whenever.",
        discussion: """
            Writes an instance of snapctl-create@.service and of its timer, and starts the timer. A night that the machine \
            was off is made up for. Where systemd does not run, tells what is left to do. The root and the configuration of \
            this command are those of the snapshots.

            EXAMPLES
              snapctl schedule add --volume /dev/vdb --on-calendar daily
              snapctl schedule add --volume /dev/vg0/data --on-calendar "Mon..Fri 02:30" --policy nightly
            """
    )

    @Option(
        help: ArgumentHelp(
            "A block device, an image file, or a vol- id; several are taken at one instant.", valueName: "path-or-id"),
        completion: .file())
    var volume: [String]

    @Option(help: ArgumentHelp("When, as systemd.time(7) has it.", valueName: "time"))
    var onCalendar = "daily"

    @Option(help: ArgumentHelp("Of each snapshot: at most 255 characters.", valueName: "text"))
    var description = "scheduled"

    @Option(help: ArgumentHelp("Apply this policy after each good snapshot.", valueName: "policy"))
    var policy: String?

    @Option(help: ArgumentHelp("What the schedule is called. Without it: by the first volume.", valueName: "name"))
    var name: String?

    @Flag(help: "Replace a schedule of that name.")
    var replace = false

    @OptionGroup var place: ScheduleOptions
    @OptionGroup var shared: SharedOptions

    func run() throws {
        let units = try place.units()
        let settings = try shared.settings()
        let schedule = try schedule(settings)
        if !replace, try units.schedules().contains(where: { $0.name == schedule.name }) {
            throw EngineError(
                .scheduleExists, "there is a schedule '\(schedule.name)'; give --replace, or another --name")
        }
        try units.write(schedule, try surroundings(of: schedule, settings))
        try ScheduleAnswer(
            schedule: schedule, verb: "added", files: units.files(of: schedule).map(\.string),
            left: try enable(schedule, units)
        ).print(as: shared.format)
    }

    func surroundings(of schedule: Schedule, _ settings: Settings) throws(EngineError) -> Schedule.Surroundings {
        let times = try ServiceManager.times(of: schedule.calendar)
        return Schedule.Surroundings(
            program: (try? File.resolve("/proc/self/exe"))?.string ?? "/usr/bin/snapctl", places: places(settings),
            root: try settings.root().string, triesAgain: times.map(Self.leavesTimeToTryAgain) ?? false)
    }

    /// `StartLimitIntervalSec` of the unit: what begins within it counts as another try.
    private static let tryingTime = Duration.seconds(55 * 60)

    static func leavesTimeToTryAgain(_ times: [Timestamp]) -> Bool {
        zip(times, times.dropFirst()).allSatisfy { $0 <= $1.earlier(by: tryingTime) }
    }

    /// Returns what is left to do.
    private func enable(_ schedule: Schedule, _ units: ScheduleUnits) throws(EngineError) -> [String] {
        let missing = units.missingTemplates(hasPolicy: schedule.policy != nil)
            .map { "install \($0), of packaging/systemd, in \(units.directory)" }
        let enabling = [["daemon-reload"], ["enable", "--now", schedule.timer]]
        guard missing.isEmpty, place.reachesSystemd else {
            return missing + enabling.map { "systemctl " + $0.joined(separator: " ") }
        }
        for arguments in enabling { try ServiceManager.control(arguments) }
        return []
    }

    /// What is asked for, checked before anything is written.
    func schedule(_ settings: Settings) throws(EngineError) -> Schedule {
        let volumes = try volume.map { (text) throws(EngineError) in
            let text = try Identifiers.volume(text)
            return VolumeID(text) == nil ? PointInTimeArguments.absolute(text).string : text
        }
        let name = name ?? Schedule.name(for: volumes[0])
        guard Schedule.isName(name) else {
            throw EngineError(
                .invalidParameter,
                "Value (\(name)) for --name is invalid: it has 1 to \(Schedule.nameLimit) of A–Z, a–z, 0–9, - _ . :")
        }
        guard description.unicodeScalars.count <= CreateRequest.descriptionLimit else {
            throw EngineError(.invalidParameter, "the description exceeds \(CreateRequest.descriptionLimit) characters")
        }
        // A unit file has lines; nothing may begin one of its own.
        guard !(volumes + [description]).contains(where: { $0.unicodeScalars.contains { $0.value < 0x20 } }) else {
            throw EngineError(.invalidParameter, "volumes and descriptions of schedules have no control characters")
        }
        if let policy { try check(policy, settings) }
        return Schedule(
            name: name, volumes: volumes, calendar: onCalendar, description: description, policy: policy)
    }

    private func check(_ policy: String, _ settings: Settings) throws(EngineError) {
        _ = try settings.configuration().policy(policy)
        guard places(settings).isEmpty else {
            throw EngineError(
                .invalidParameter,
                "--policy goes with the usual root and configuration only: what applies it later knows no others")
        }
    }

    /// What systemd would not know: what the options say, or the environment of whoever asks.
    private func places(_ settings: Settings) -> [String] {
        let root = settings.setting(.root)
        let isNamed = root.origin == .flag || root.origin == .environment(variable: SettingKey.root.variable)
        let places = [("--root", isNamed ? root.text : nil), ("--config", settings.namedFile)]
        return places.flatMap { option, value in
            value.map { ["\(option)=\(PointInTimeArguments.absolute($0).string)"] } ?? []
        }
    }
}
