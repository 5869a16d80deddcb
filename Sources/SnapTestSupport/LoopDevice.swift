internal import Glibc
internal import SnapSystem
package import SystemPackage

/// A loop device (losetup(8)) of one test.
package struct LoopDevice: Sendable {
    package struct Options: Sendable {
        package var sectorByteCount = 512
        package var usesDirectIO = false
        /// Look for partitions.
        package var hasPartitions = false
        package var isReadOnly = false
        package var offset = 0

        package init() {}

        package init(
            sectorByteCount: Int = 512, usesDirectIO: Bool = false, hasPartitions: Bool = false,
            isReadOnly: Bool = false,
            offset: Int = 0
        ) {
            self.sectorByteCount = sectorByteCount
            self.usesDirectIO = usesDirectIO
            self.hasPartitions = hasPartitions
            self.isReadOnly = isReadOnly
            self.offset = offset
        }
    }

    package let path: FilePath
    private let file: FilePath

    /// Whether this process may make loop devices: skip a test that cannot run by it, saying so.
    package static var isAvailable: Bool { geteuid() == 0 && access("/dev/loop-control", R_OK | W_OK) == 0 }

    /// Lends a device over `file`, which is detached when `body` ends, however it does.
    package static func with<Result>(
        over file: FilePath, _ options: Options = Options(), _ body: (LoopDevice) throws -> Result
    ) throws -> Result {
        let device = try LoopDevice(over: file, options)
        defer { device.detach() }
        return try body(device)
    }

    private init(over file: FilePath, _ options: Options) throws {
        var words = ["losetup", "--show", "-f"]
        if options.sectorByteCount != 512 { words += ["--sector-size", String(options.sectorByteCount)] }
        if options.usesDirectIO { words.append("--direct-io=on") }
        if options.hasPartitions { words.append("-P") }
        if options.isReadOnly { words.append("-r") }
        if options.offset != 0 { words += ["-o", String(options.offset)] }
        self.file = file
        path = FilePath(try Command.check(words + [file.string]))
        // A kernel that cannot parse the table itself takes partitions from partx(8).
        if options.hasPartitions {
            do {
                try Command.check("partx", "-u", path.string)
            } catch {
                detach()
                throw error
            }
        }
    }

    /// Whoever looks at all devices in this moment holds it a little longer, and the kernel then lets it go only after them.
    private func detach() {
        _ = try? Command.run(["losetup", "-d", path.string])
        let name = path.lastComponent?.string ?? ""
        let backing = FilePath("/sys/block/\(name)/loop/backing_file")
        _ = Waiting.until(seconds: 5) {
            // Its number may be somebody else's by now.
            (try? File.readText(backing))?.hasPrefix(file.string) != true
        }
    }

    /// Its partition of `number`, from 1.
    package func partition(_ number: Int) -> FilePath { FilePath(path.string + "p\(number)") }
}
