import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// What cannot be restored to, and that it stays as it is.
    @Suite struct BadTargets {
        private static let byteCount = 4 << 20

        /// Lends a snapshot of a file.
        private func withSnapshot(
            _ body: (ScratchDirectory, Program, SnapshotFields, FilePath) throws -> Void
        ) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: Self.byteCount)
                try body(directory, program, try program.create(image), image)
            }
        }

        private func refuse(
            _ program: Program,
            _ id: String,
            _ target: FilePath,
            backing: FilePath? = nil,
            _ status: Int32,
            _ words: String,
            force: Bool = true,
            at location: SourceLocation = #_sourceLocation
        ) throws {
            let before = try sum(backing ?? target)
            let line = ["restore", id, "--to", target.string] + (force ? ["--force"] : [])
            expectRefusal(try program.run(line), status, words, target.string, at: location)
            #expect(try sum(backing ?? target) == before, "it is as it was", sourceLocation: location)
        }

        @Test func devicesTooSmallOrInUse() throws {
            try withSnapshot { directory, program, snapshot, _ in
                let small = try directory.volume("small", byteCount: Self.byteCount - 512)
                try LoopDevice.with(over: small) { loop in
                    try refuse(program, snapshot.id, loop.path, 31, "\(Self.byteCount)")
                }
                let large = try directory.sparseFile("large", byteCount: 32 << 20)
                try LoopDevice.with(over: large) { loop in
                    try MountedFilesystem.make(.ext4, on: loop.path, label: "precious")
                    let place = try directory.folder("place")
                    try MountedFilesystem.with(loop.path, at: place, options: ["ro"]) { _ in
                        try refuse(program, snapshot.id, loop.path, 32, place.string)
                    }
                    // Beneath a device that is shown.
                    try refuse(program, snapshot.id, large, 32, loop.path.string)
                    // A signature is named, and overwritten only by force.
                    try refuse(program, snapshot.id, loop.path, 33, "ext4", force: false)
                    try refuse(program, snapshot.id, loop.path, 33, "precious", force: false)
                    let claim = try OwnedDescriptor(opening: loop.path, .readOnly, options: .exclusive)
                    try refuse(program, snapshot.id, loop.path, 32, "in use")
                    try claim.close()
                    try program.restore(snapshot.id, to: loop.path, "--force")
                    try Command.check("losetup", "--set-capacity", loop.path.string)
                    #expect(
                        try program.verify(snapshot.id, "--against", loop.path.string).status == 1,
                        "it is longer"
                    )
                }
                let readOnly = try directory.volume("readOnly", byteCount: Self.byteCount)
                try LoopDevice.with(over: readOnly, .init(isReadOnly: true)) { loop in
                    try refuse(program, snapshot.id, loop.path, 4, "read-only")
                }
            }
        }

        @Test func aDiskWithPartitions() throws {
            try withSnapshot { directory, program, snapshot, _ in
                let disk = try directory.sparseFile("disk", byteCount: 24 << 20)
                try Command.check("sfdisk", "-q", disk.string, input: "label: gpt\nsize=8MiB\n")
                try LoopDevice.with(over: disk, .init(hasPartitions: true)) { loop in
                    try refuse(program, snapshot.id, loop.path, 33, "GPT", force: false)
                    let claim = try OwnedDescriptor(
                        opening: loop.partition(1),
                        .readOnly,
                        options: .exclusive
                    )
                    try refuse(program, snapshot.id, loop.path, 32, "in use")
                    try claim.close()
                    try program.restore(snapshot.id, to: loop.partition(1))
                }
            }
        }

        @Test func itsOwnSource() throws {
            try withSnapshot { directory, program, snapshot, image in
                try refuse(program, snapshot.id, image, 33, snapshot.id, force: false)
                try refuse(program, snapshot.id, image, 33, "was taken of; --force", force: false)
                try LoopDevice.with(over: image) { loop in
                    try refuse(program, snapshot.id, loop.path, 33, snapshot.id, force: false)
                    // Who means it may go back.
                    let old = directory.appending("old")
                    try copy(image, to: old)
                    try scramble(loop.path, 1 << 20)
                    try program.restore(snapshot.id, to: loop.path, "--force")
                    #expect(try areEqual(image, old))
                }
            }
        }

        @Test func filesInTheWay() throws {
            try withSnapshot { directory, program, snapshot, image in
                let file = try directory.volume("file", byteCount: 5_000)
                try refuse(program, snapshot.id, file, 33, "--force", force: false)
                try program.restore(snapshot.id, to: file, "--force")
                #expect(try areEqual(file, image))
                let writer = try OwnedDescriptor(opening: file, .writeOnly)
                try refuse(program, snapshot.id, file, 32, "open for writing")
                try writer.close()
                for (target, status, word) in [
                    (directory.path, 16, "directory"), (directory.appending("no/where"), 30, "no/where"),
                    ("/dev/null", 16, "/dev/null"), ("/dev/no-such-device", 30, "/dev/no-such-device"),
                    (program.store.appending("target"), 32, "store"),
                ] {
                    let line = ["restore", snapshot.id, "--to", target.string, "--force"]
                    expectRefusal(try program.run(line), Int32(status), word)
                }
                #expect(try Directory.names(in: directory.path) == ["file", "image", "root"])
                #expect(try program.files("target*").isEmpty)
            }
        }
    }
}
