internal import SnapSystem
internal import SystemPackage

/// LVM freezes the filesystem of a volume by itself while it makes a snapshot. Linux before 6.8 refuses that (EBUSY) where
/// it is already frozen by FIFREEZE; since then freezes are counted.
enum NestedFreeze {
    static var isPossible: Bool {
        guard let release = try? File.readText("/proc/sys/kernel/osrelease") else { return false }
        return isPossible(release: release)
    }

    /// `release`: `6.1.0-56-amd64`
    static func isPossible(release: String) -> Bool {
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return false }
        return (numbers[0], numbers[1]) >= (6, 8)
    }

    static let remedy = "use Linux 6.8 or later, or take snapshots of its volumes one by one"
}
