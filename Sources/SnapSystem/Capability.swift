internal import SystemPackage

/// What a process may do beyond its user's files (capabilities(7)).
package enum Capability: Int, Sendable {
    /// CAP_SYS_ADMIN: freezing, cloning the state of devices, LVM.
    case systemAdministration = 21

    /// Whether this process has it now, by the line `CapEff` of /proc/self/status. Where that cannot be read: whether it is
    /// the superuser's.
    package var isEffective: Bool {
        guard let text = try? File.readText("/proc/self/status") else { return Environment.isSuperuser }
        return Self.effective(in: text).map { $0 >> UInt64(rawValue) & 1 == 1 } ?? Environment.isSuperuser
    }

    static func effective(in status: String) -> UInt64? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        return line?.split(whereSeparator: { $0 == "\t" || $0 == " " }).last.flatMap { UInt64($0, radix: 16) }
    }
}
