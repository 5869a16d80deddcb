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
    /// systemd passes over sections that begin with X-.
    private static let section = "[X-Snapctl]"

    private var head: String { "# Written by 'snapctl schedule add'; 'snapctl schedule remove \(name)' removes it.\n" }

    /// `places`: `--root` and `--config` of whoever asked for it.
    func serviceText(program: String, places: [String]) -> String {
        let words =
            [program, "create"] + volumes.flatMap { ["--volume", $0] } + ["--description", description] + places
            + ["--wait", "--quiet", "--output", "json"]
        let command = words.map(UnitWord.quoted).joined(separator: " ")
        let after = policy.map { "[Unit]\nOnSuccess=snapctl-policy@\($0).service\n\n" } ?? ""
        return head + after + "[Service]\nExecStart=\nExecStart=\(command)\n\n" + notes
    }

    var timerText: String { head + "[Timer]\nOnCalendar=\nOnCalendar=\(UnitWord.escaped(calendar))\n" }

    private var notes: String {
        let lines =
            volumes.map { "Volume=\($0)" } + ["OnCalendar=\(calendar)", "Description=\(description)"]
            + (policy.map { ["Policy=\($0)"] } ?? [])
        return ([Self.section] + lines).joined(separator: "\n") + "\n"
    }

    /// From `serviceText`; nil when it is not ours.
    init?(name: String, serviceText: String) {
        let lines = serviceText.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let start = lines.firstIndex(of: Self.section) else { return nil }
        func values(_ key: String) -> [String] {
            lines[start...].filter { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
        }
        guard let calendar = values("OnCalendar").first, !values("Volume").isEmpty else { return nil }
        self.init(
            name: name, volumes: values("Volume"), calendar: calendar, description: values("Description").first ?? "",
            policy: values("Policy").first)
    }
}

/// Words in unit files (systemd.service(5), "Command lines").
enum UnitWord {
    /// One argument, whatever is in it.
    static func quoted(_ text: String) -> String {
        let inner = escaped(text).unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "$": "$$"
            default: String(scalar)
            }
        }.joined()
        return "\"\(inner)\""
    }

    /// Specifiers begin with a percent sign.
    static func escaped(_ text: String) -> String { text.replacing("%", with: "%%") }
}
