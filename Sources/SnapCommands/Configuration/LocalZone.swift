internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// Finds the rules of time zones in the tz database of the machine.
enum LocalZone {
    private static let database: FilePath = "/usr/share/zoneinfo"
    private static let ofTheMachine: FilePath = "/etc/localtime"
    private static let byteLimit = 1 << 20

    /// `Europe/Berlin`; nil where the database has none such.
    static func named(_ name: String) -> TimeZoneRules? {
        if name == "UTC" { return .utc }
        let path = FilePath(name)
        let isName = path.isRelative && path.components.allSatisfy { $0.kind == .regular } && !path.isEmpty
        return isName ? read(database.pushing(path), name: name) : nil
    }

    /// That of the machine (localtime(5)); UTC where it has none.
    static var current: TimeZoneRules {
        let target = (try? File.resolve(ofTheMachine))?.string ?? ofTheMachine.string
        let start = database.string + "/"
        let name = target.hasPrefix(start) ? String(target.dropFirst(start.count)) : "local time"
        return read(ofTheMachine, name: name) ?? .utc
    }

    private static func read(_ path: FilePath, name: String) -> TimeZoneRules? {
        guard let file = try? File.read(path, upTo: byteLimit) else { return nil }
        return TimeZoneRules(name: name, file: file)
    }
}
