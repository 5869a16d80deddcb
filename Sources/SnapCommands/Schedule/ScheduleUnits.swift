internal import SnapEngine
internal import SnapSystem
internal import SystemPackage

/// The folder of units that administrators own: schedules are drop-ins in it.
struct ScheduleUnits {
    static let systemDirectory: FilePath = "/etc/systemd/system"
    private static let prefix = "snapctl-create@"
    private static let suffix = ".service.d"
    private static let fileName: FilePath.Component = "50-snapctl-schedule.conf"
    private static let byteLimit = 1 << 20
    /// Where systemd looks for units, besides (systemd.unit(5)).
    private static let otherDirectories: [FilePath] = [
        "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
    ]

    let directory: FilePath

    /// By name.
    func schedules() throws(EngineError) -> [Schedule] {
        guard File.exists(directory) else { return [] }
        return try told { () throws(SystemError) in
            var schedules: [Schedule] = []
            for entry in try Directory.names(in: directory) {
                guard entry.hasPrefix(Self.prefix), entry.hasSuffix(Self.suffix) else { continue }
                let name = String(entry.dropFirst(Self.prefix.count).dropLast(Self.suffix.count))
                let path = directory.appending(entry).appending(Self.fileName)
                guard File.exists(path) else { continue }
                let text = try File.readText(path, upTo: Self.byteLimit)
                if let schedule = Schedule(name: name, serviceText: text) { schedules.append(schedule) }
            }
            return schedules
        }
    }

    func files(of schedule: Schedule) -> [FilePath] {
        [schedule.service, schedule.timer].map { directory.appending($0 + ".d").appending(Self.fileName) }
    }

    func write(_ schedule: Schedule, _ surroundings: Schedule.Surroundings) throws(EngineError) {
        let texts = [schedule.serviceText(surroundings), schedule.timerText]
        try told { () throws(SystemError) in
            for (path, text) in zip(files(of: schedule), texts) {
                try Directory.create(path.removingLastComponent(), permissions: 0o755)
                try AtomicFile.write(Array(text.utf8), to: path, permissions: 0o644)
            }
        }
    }

    /// Folders that hold something of somebody else stay. The timer goes first: what is left, should this be cut off, is
    /// still listed, and can be removed.
    func remove(_ schedule: Schedule) throws(EngineError) {
        try told { () throws(SystemError) in
            for path in files(of: schedule).reversed() {
                if File.exists(path) { try File.remove(path) }
                try? Directory.remove(path.removingLastComponent())
            }
        }
    }

    /// The templates that are not installed: without them a schedule is nothing.
    func missingTemplates(hasPolicy: Bool) -> [String] {
        let needed =
            ["snapctl-create@.service", "snapctl-create@.timer"] + (hasPolicy ? ["snapctl-policy@.service"] : [])
        return needed.filter { name in
            !([directory] + Self.otherDirectories).contains { File.exists($0.appending(name)) }
        }
    }

    private func told<Result>(_ body: () throws(SystemError) -> Result) throws(EngineError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw EngineError(error.code == .permissionDenied ? .permissionDenied : .failed, "\(error)")
        }
    }
}
