internal import Glibc
internal import SystemPackage

/// Tells a process from every other, also from a later one with the same number, here or after a reboot.
package struct ProcessIdentity: Hashable, Sendable, CustomStringConvertible {
    package let number: Int32
    /// Clock ticks between the boot and the start of the process (proc(5), `starttime`).
    package let startTicks: UInt64
    /// The first 12 digits of /proc/sys/kernel/random/boot_id.
    package let boot: String

    /// This process.
    package static let current: ProcessIdentity =
        ProcessIdentity(number: getpid()) ?? ProcessIdentity(unknown: getpid())

    /// A process that is running; nil when there is none of that number.
    package init?(number: Int32) {
        guard let startTicks = Self.startTicks(of: number) else { return nil }
        self.number = number
        self.startTicks = startTicks
        boot = Self.currentBoot
    }

    private init(unknown number: Int32) {
        self.number = number
        startTicks = 0
        boot = Self.currentBoot
    }

    /// Parses `description`.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-")
        guard parts.count == 3, let number = Int32(parts[0]), let startTicks = UInt64(parts[1]) else { return nil }
        self.number = number
        self.startTicks = startTicks
        boot = String(parts[2])
    }

    package var description: String { "\(number)-\(startTicks)-\(boot)" }

    /// Whether it still runs.
    package var isAlive: Bool { boot == Self.currentBoot && Self.startTicks(of: number) == startTicks }

    private static let currentBoot: String = {
        let text = (try? File.readText("/proc/sys/kernel/random/boot_id")) ?? ""
        return String(text.filter(\.isHexDigit).prefix(12))
    }()

    /// nil for no process, and for one that has ended but was not waited for.
    private static func startTicks(of number: Int32) -> UInt64? {
        guard let process = ProcessStat(of: number), process.isAlive else { return nil }
        return process.startTicks
    }
}
