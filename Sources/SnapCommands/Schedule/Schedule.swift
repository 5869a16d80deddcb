internal import SnapModel

/// A snapshot that systemd takes again and again: an instance of snapctl-create@.service and its timer.
struct Schedule: Hashable {
    static let nameLimit = 64

    /// The instance.
    var name: String
    /// Paths or ids; several are taken at one instant.
    var volumes: [String]
    /// As systemd.time(7) has it: `daily`, `*-*-* 02:30`.
    var calendar: String
    var description: String
    /// Applied after each.
    var policy: String?

    var service: String { "snapctl-create@\(name).service" }
    var timer: String { "snapctl-create@\(name).timer" }

    init(name: String, volumes: [String], calendar: String, description: String, policy: String? = nil) {
        self.name = name
        self.volumes = volumes
        self.calendar = calendar
        self.description = description
        self.policy = policy
    }

    /// A name for the schedule of a volume: `/dev/vg0/data` is `dev-vg0-data`.
    static func name(for volume: String) -> String {
        let words = volume.unicodeScalars.map { isOfName($0) ? String($0) : "-" }.joined()
        return String(words.drop { $0 == "-" || $0 == "." }.prefix(nameLimit))
    }

    static func isName(_ text: String) -> Bool {
        (1...nameLimit).contains(text.unicodeScalars.count) && text.unicodeScalars.allSatisfy(isOfName)
            && text.first != "-" && text.first != "."
    }

    private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", ":": true
        default: false
        }
    }
}

/// What is written beside the templates, and read again.
extension Schedule {
    /// What the unit needs to know beside what the schedule is.
    struct Surroundings {
        var program: String
        /// `--root` and `--config` of whoever asked for it.
        var places: [String] = []
        /// Where the store is: until that is mounted, there would be a new one beneath.
        var root: String
        /// Whether a snapshot that failed is tried again. Not where the next is due soon: systemd counts those as tries, too.
        var triesAgain = true
    }

    /// systemd passes over sections that begin with X-.
    private static let section = "[X-Snapctl]"
    private static let deviceFolder = "/dev/"

    private var head: String { "# Written by 'snapctl schedule add'; 'snapctl schedule remove \(name)' removes it.\n" }

    func serviceText(_ surroundings: Surroundings) -> String {
        let words =
            [surroundings.program, "create"] + volumes.map { "--volume=" + $0 }
            // Joined, since a description may look like an option.
            + ["--description=" + description] + surroundings.places + ["--wait", "--quiet", "--output", "json"]
        let command = words.map(UnitWord.ofCommand).joined(separator: " ")
        let again = surroundings.triesAgain ? "" : "Restart=no\n"
        return head + unitSection(surroundings) + "[Service]\nExecStart=\nExecStart=\(command)\n\(again)\n" + notes
    }

    private func unitSection(_ surroundings: Surroundings) -> String {
        let files = volumes.filter { VolumeID($0) == nil && !$0.hasPrefix(Self.deviceFolder) }
        let places = ([surroundings.root] + files).map(UnitWord.quoted).joined(separator: " ")
        let lines =
            ["[Unit]", "Description=Snapshot of \(volumesInWords)"]
            + ["RequiresMountsFor=\(places)"] + (surroundings.triesAgain ? [] : ["StartLimitIntervalSec=0"])
            + (policy.map { ["OnSuccess=snapctl-policy@\($0).service"] } ?? [])
        return lines.joined(separator: "\n") + "\n\n"
    }

    var timerText: String {
        head + "[Unit]\nDescription=Snapshots of \(volumesInWords)\n\n"
            + "[Timer]\nOnCalendar=\nOnCalendar=\(UnitWord.escaped(calendar))\n"
    }

    /// A backslash at the end would make one line of two.
    private var volumesInWords: String {
        UnitWord.escaped(volumes.joined(separator: ", ")).replacing("\\", with: "\\\\")
    }

    private var notes: String {
        let lines =
            volumes.map { "Volume=\($0)" } + ["OnCalendar=\(calendar)", "Description=\(description)"]
            + (policy.map { ["Policy=\($0)"] } ?? [])
        return ([Self.section] + lines).joined(separator: "\n") + "\n"
    }

    /// From `serviceText`; nil when it is not ours.
    init?(name: String, serviceText: String) {
        // By bytes: as characters, what follows may be one with the sign before it.
        let lines = serviceText.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(where: { $0.elementsEqual(Self.section.utf8) }) else { return nil }
        func values(_ key: String) -> [String] {
            let start = lines[start...].filter { $0.starts(with: "\(key)=".utf8) }
            return start.map { String(decoding: $0.dropFirst(key.utf8.count + 1), as: UTF8.self) }
        }
        guard let calendar = values("OnCalendar").first, !values("Volume").isEmpty else { return nil }
        self.init(
            name: name, volumes: values("Volume"), calendar: calendar, description: values("Description").first ?? "",
            policy: values("Policy").first)
    }
}

/// Words in unit files (systemd.service(5), "Command lines").
enum UnitWord {
    /// One argument of a command, whatever is in it.
    static func ofCommand(_ text: String) -> String { quoted(text.replacing("$", with: "$$")) }

    /// One word of a list, whatever is in it.
    static func quoted(_ text: String) -> String {
        let inner = escaped(text).unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            default: String(scalar)
            }
        }.joined()
        return "\"\(inner)\""
    }

    /// Specifiers begin with a percent sign.
    static func escaped(_ text: String) -> String { text.replacing("%", with: "%%") }
}
