internal import SnapSystem
package import SystemPackage

/// A volume group of LVM on a loop device, for one test.
package struct VolumeGroup: Sendable {
    package let name: String

    /// Makes it in an image file of `directory`, and takes it down with all its volumes when `body` ends, however it does.
    package static func with<Result>(
        in directory: ScratchDirectory, name: String = "group", byteCount: Int = 1 << 30,
        _ body: (VolumeGroup) throws -> Result
    ) throws -> Result {
        let image = try directory.sparseFile("\(name).pv", byteCount: byteCount)
        return try LoopDevice.with(over: image) { loop in
            // Two tests at once may want the same name.
            let group = VolumeGroup(name: "\(name)-\(directory.path.lastComponent?.string.suffix(6) ?? "")")
            try Command.check("vgcreate", group.name, loop.path.string)
            defer { _ = try? Command.run(["vgremove", "-ff", "-y", group.name]) }
            return try body(group)
        }
    }

    /// Makes a linear volume, and returns its node.
    package func thick(_ volume: String, byteCount: Int) throws -> FilePath {
        try Command.check("lvcreate", "-y", "-Wn", "-L", "\(byteCount)b", "-n", volume, name)
        return node(volume)
    }

    /// Makes a thin pool that tells its users at once when it is full.
    package func pool(_ pool: String = "pool", byteCount: Int) throws {
        try Command.check("lvcreate", "-y", "--type", "thin-pool", "-L", "\(byteCount)b", "-n", pool, name)
        try Command.check("lvchange", "--errorwhenfull", "y", "\(name)/\(pool)")
    }

    /// Makes a volume in a pool, and returns its node.
    package func thin(_ volume: String, byteCount: Int, pool: String = "pool") throws -> FilePath {
        try Command.check("lvcreate", "-y", "-V", "\(byteCount)b", "--thinpool", "\(name)/\(pool)", "-n", volume)
        return node(volume)
    }

    package func node(_ volume: String) -> FilePath { FilePath("/dev/\(name)/\(volume)") }

    /// What lvs tells of all its volumes, in one line each: `home`, `snap1`.
    package func volumeNames() throws -> [String] {
        try Command.check("lvs", "--noheadings", "-o", "lv_name", name)
            .split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// One field of one volume.
    package func field(_ field: String, of volume: String) throws -> String {
        try Command.check("lvs", "--noheadings", "--units", "b", "--nosuffix", "-o", field, "\(name)/\(volume)")
            .filter { !$0.isWhitespace }
    }
}
