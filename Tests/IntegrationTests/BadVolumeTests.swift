import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// What cannot be imaged, and what is said of it.
    @Suite struct BadVolumes {
        @Test func thatAreNone() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try program.create(try directory.volume("image", byteCount: 4096))
                let before = try program.list()
                func refuse(_ volume: String, _ status: Int32, _ word: String) throws {
                    expectRefusal(try program.run("create", "--volume", volume), status, word)
                }
                try refuse(directory.appending("nowhere").string, 15, "nowhere")
                try refuse(directory.path.string, 16, "directory")
                try refuse("/dev/null", 16, "/dev/null")
                let pipe = directory.appending("pipe")
                try Command.check("mkfifo", pipe.string)
                try refuse(pipe.string, 16, "pipe")
                try refuse(try directory.sparseFile("empty", byteCount: 0).string, 17, "empty")
                try refuse("vol-123", 14, "InvalidVolumeID.Malformed")
                try refuse("vol-0123456789abcdef0", 15, "InvalidVolume.NotFound")
                try refuse("", 10, "empty")
                let text = String(repeating: "x", count: 256)
                expectRefusal(
                    try program.run(
                        "create",
                        "--volume",
                        directory.appending("image").string,
                        "--description",
                        text
                    ),
                    10,
                    "InvalidParameterValue",
                    "255"
                )
                #expect(try program.list() == before, "no snapshot was recorded")
                #expect(try program.unfinished().isEmpty)
            }
        }

        @Test func leaveNothingBehindWhereThereIsNoRoot() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let empty = try directory.sparseFile("empty", byteCount: 0).string
                for volume in [directory.appending("nowhere").string, directory.path.string, empty, "/dev/null"] {
                    #expect(try program.run("create", "--volume", volume).status != 0)
                    #expect(!File.exists(program.root), "a root was made for \(volume)")
                }
                #expect(try program.run("create", "--volume", "vol-0123456789abcdef0").status == 40)
                #expect(!File.exists(program.root))
            }
        }

        @Test func thatAreInUse() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try MountedFilesystem.with(.ext4, in: directory) { filesystem in
                    let outcome = try program.run(
                        "create", "--volume", filesystem.device.string, "--consistency", "exclusive")
                    expectRefusal(outcome, 20, "VolumeInUse", filesystem.path.string, "--consistency auto")
                    // The file beneath it, by the device over it.
                    let image = directory.appending("filesystem.image")
                    let loop = filesystem.device.string
                    let claim = ["create", "--volume", image.string, "--consistency", "exclusive"]
                    expectRefusal(try program.run(claim), 20, loop)
                    // Whoever insists gets an image that says what it is.
                    let snapshot = try program.create(filesystem.device, "--consistency", "none")
                    #expect(
                        !snapshot.own.consistency.isPointInTime && snapshot.own.consistency.method == "none"
                    )
                    try program.rebuild()
                    #expect(try program.list()[0].own.consistency.isPointInTime == false, "for ever")
                }
                let file = try directory.volume("file", byteCount: 8192)
                let writer = try OwnedDescriptor(opening: file, .writeOnly)
                expectRefusal(try program.run("create", "--volume", file.string), 20, "process \(getpid())")
                try writer.close()
                try program.create(file)
                #expect(try program.list().count == 2)
            }
        }

        @Test func aDiskWithAMountedPartition() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let disk = try directory.sparseFile("disk", byteCount: 64 << 20)
                try Command.check("sfdisk", "-q", disk.string, input: "label: gpt\nsize=40MiB\nsize=4MiB\n")
                try LoopDevice.with(over: disk, .init(hasPartitions: true)) { loop in
                    try MountedFilesystem.make(.ext4, on: loop.partition(1))
                    let place = try directory.folder("place")
                    try MountedFilesystem.with(loop.partition(1), at: place) { _ in
                        expectRefusal(
                            try program.run("create", "--volume", loop.path.string, "--consistency", "exclusive"),
                            20,
                            place.string
                        )
                        try program.create(loop.partition(2))
                    }
                    try program.create(loop.path)
                }
            }
        }

        /// As another user, in a namespace where that user can reach the files of the test.
        @Test func withoutPermission() throws {
            try ScratchDirectory.with { directory in
                try Command.check("cp", Program.path.string, directory.path.string)
                let file = try directory.volume("file", byteCount: 4096)
                try Command.check("chmod", "600", file.string)
                let root = try directory.folder("root")
                try Command.check("chown", "65534:65534", root.string)
                try Command.check("chmod", "755", directory.path.string)
                let script = """
                    mount --bind "$1" /mnt && shift
                    exec setpriv --reuid=65534 --regid=65534 --clear-groups --reset-env -- \
                        /mnt/snapctl create --root /mnt/root --quiet --volume "$@"
                    """
                func create(_ volume: String) throws -> Command.Outcome {
                    try Command.run([
                        "unshare", "-m", "bash", "-ec", script, "create", directory.path.string, volume,
                    ])
                }
                try LoopDevice.with(over: file) { loop in
                    expectRefusal(
                        try create(loop.path.string),
                        4,
                        "UnauthorizedOperation",
                        loop.path.string,
                        "group",
                        "CAP_DAC_READ_SEARCH"
                    )
                }
                expectRefusal(
                    try create("/mnt/file"),
                    4,
                    "UnauthorizedOperation",
                    "owner",
                    "CAP_DAC_READ_SEARCH"
                )
                #expect(try Directory.names(in: root).isEmpty, "nothing was made for them")
                // Their own files they may image.
                try Command.check("chown", "65534:65534", file.string)
                #expect(try create("/mnt/file").status == 0)
                // A store that is somebody else's.
                try Command.check("chown", "-R", "0:0", root.string)
                expectRefusal(try create("/mnt/file"), 4, "UnauthorizedOperation")
            }
        }

        @Test func whoseMediumFails() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 8 << 20)
                try LoopDevice.with(over: image) { loop in
                    let whole = try program.create(loop.path)
                    let backup = directory.appending("backup")
                    try copy(image, to: backup)
                    let byteCount = 7 << 20 + 4096
                    try Command.check("truncate", "-s", String(byteCount), image.string)
                    try Command.check("blockdev", "--flushbufs", loop.path.string)
                    let outcome = try program.run("create", "--volume", loop.path.string)
                    let range = "bytes \(byteCount)–\(8 << 20 - 1)"
                    expectRefusal(outcome, 21, range, "is now in state error")
                    let dead = try program.list()[0]
                    #expect(dead.state == "error")
                    #expect(dead.stateMessage?.contains(range) == true)
                    #expect(try program.unfinished().isEmpty)
                    #expect(try program.holds(whole.id, backup, in: directory))
                    expectRefusal(
                        try program.run("restore", dead.id, "--to", directory.appending("x").string),
                        13,
                        dead.id
                    )
                }
            }
        }

        @Test func thatHoldTheStore() throws {
            try ScratchDirectory.with { directory in
                try MountedFilesystem.with(.ext4, in: directory, byteCount: 64 << 20) { filesystem in
                    let program = Program(filesystem.path.appending("root"))
                    let image = try directory.volume("image", byteCount: 1 << 20)
                    let snapshot = try program.create(image)
                    let device = filesystem.device.string
                    let outcome = try program.run("create", "--volume", device, "--consistency", "none")
                    expectRefusal(outcome, 23, device)
                    expectRefusal(
                        try program.run("restore", snapshot.id, "--to", device, "--force"),
                        32,
                        device
                    )
                    #expect(try program.verifies(snapshot.id))
                }
            }
        }
    }
}
