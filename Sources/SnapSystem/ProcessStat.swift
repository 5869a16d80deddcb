internal import SystemPackage

/// What the kernel tells of a process in one line (proc(5), `/proc/PID/stat`).
package struct ProcessStat: Sendable {
    /// `S` where it sleeps, `Z` where it has ended but was not waited for.
    package let state: Character
    /// Its process group.
    package let group: Int32
    /// Clock ticks between the boot and its start.
    package let startTicks: UInt64

    /// nil: there is no process of that number.
    package init?(of number: Int32) {
        guard let text = try? File.readText(FilePath("/proc/\(number)/stat")) else { return nil }
        self.init(text)
    }

    private init?(_ text: String) {
        // The name, in parentheses, may hold anything; the fields after it are numbers, the first of them the state.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let group = Int32(fields[2]),
            let startTicks = UInt64(fields[19])
        else {
            return nil
        }
        self.state = state
        self.group = group
        self.startTicks = startTicks
    }

    /// Whether it has not ended.
    package var isAlive: Bool { state != "Z" && state != "X" }

    /// Whether a process of the group has not ended. kill(2) cannot tell: it counts those that nobody waited for.
    package static func hasLivingMember(group: Int32) -> Bool {
        let names = (try? Directory.names(in: "/proc")) ?? []
        return names.lazy.compactMap { Int32($0) }.contains { number in
            guard let process = ProcessStat(of: number) else { return false }
            return process.group == group && process.isAlive
        }
    }
}
