import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

/// setxattr(2) and getxattr(2), which the module of the C library leaves out.
@_silgen_name("setxattr")
private func setExtendedAttribute(
    _ path: UnsafePointer<CChar>,
    _ name: UnsafePointer<CChar>,
    _ value: UnsafeRawPointer,
    _ byteCount: Int,
    _ flags: CInt
) -> CInt

@_silgen_name("getxattr")
private func getExtendedAttribute(
    _ path: UnsafePointer<CChar>,
    _ name: UnsafePointer<CChar>,
    _ value: UnsafeMutableRawPointer,
    _ byteCount: Int
) -> Int

extension Integration {
    /// A filesystem with real files, there and back.
    @Suite struct Filesystems {
        @Test(arguments: MountedFilesystem.Kind.allCases)
        func comeBackWhole(_ kind: MountedFilesystem.Kind) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let place = try directory.folder("place")
                let byteCount = max(kind.usualByteCount, 160 << 20)
                let image = try directory.sparseFile("source", byteCount: byteCount)
                let (tree, snapshot) = try LoopDevice.with(over: image) { loop in
                    try MountedFilesystem.make(kind, on: loop.path)
                    let tree = try MountedFilesystem.with(loop.path, at: place) { _ in
                        try fill(place)
                        return try listing(of: place)
                    }
                    return (tree, try program.create(loop.path, "--description", "\(kind)"))
                }
                #expect(tree.contains("dangling") && tree.count > 10_000)
                #expect(snapshot.own.volumeByteCount == byteCount && snapshot.description == "\(kind)")
                let second = try directory.sparseFile("target", byteCount: byteCount)
                // What was there must not shine through where the image has zeros.
                try scramble(second, byteCount)
                try LoopDevice.with(over: second) { loop in
                    try program.restore(snapshot.id, to: loop.path)
                    #expect(try areEqual(loop.path, image))
                    try check(kind, loop.path)
                    // The source is detached by now: two filesystems of one UUID would be mistaken for each other.
                    try MountedFilesystem.with(loop.path, at: place, options: ["ro"]) { _ in
                        let restored = try listing(of: place)
                        #expect(restored == tree)
                        #expect(attribute(place.appending("random")) == "kept")
                    }
                }
            }
        }

        /// Files of all kinds: small, large, linked, with attributes, with holes, with odd names.
        private func fill(_ place: FilePath) throws {
            try Command.check("cp", "-a", "/usr/share/zoneinfo", "/usr/share/perl", place.string)
            _ = try ScratchDirectory.folder(at: place.appending("empty folder\n"))
            _ = try ScratchDirectory.sparseFile(at: place.appending("sparse"), byteCount: 64 << 20)
            try File.overwrite(place.appending("sparse"), SeededRandom.bytes(70_000, seed: 1), at: 33_333_333)
            let random = try ScratchDirectory.sparseFile(at: place.appending("random"), byteCount: 0)
            try scramble(random, 9_000_001)
            try Command.check("ln", "-s", "../nowhere", place.appending("dangling").string)
            try Command.check("ln", random.string, place.appending("second name").string)
            try Command.check("mkfifo", place.appending("pipe").string)
            #expect(setExtendedAttribute(random.string, "user.note", "kept", 4, 0) == 0)
        }

        private func attribute(_ path: FilePath) -> String {
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = getExtendedAttribute(path.string, "user.note", &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }

        /// All that can be seen of a tree: names, kinds, permissions, owners, sizes, links, times, contents.
        private func listing(of place: FilePath) throws -> String {
            let script = """
                cd "$1" && find . -printf '%P|%y|%m|%U|%G|%s|%l|%n|%T@\\0' | sort -z | tr '\\0' '\\n'
                find . -type f -print0 | sort -z | xargs -0 sha256sum
                """
            return try Command.check("bash", "-ec", script, "listing", place.string)
        }

        private func check(_ kind: MountedFilesystem.Kind, _ device: FilePath) throws {
            switch kind {
            case .ext4: try Command.check("e2fsck", "-fn", device.string)
            case .xfs: try Command.check("xfs_repair", "-n", device.string)
            case .btrfs: try Command.check("btrfs", "check", "--readonly", device.string)
            }
        }
    }
}
