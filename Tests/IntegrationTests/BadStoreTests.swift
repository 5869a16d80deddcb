import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// Stores and catalogues that cannot be used, and what is said of them.
    @Suite struct BadStores {
        @Test func noSpaceIsLeft() throws {
            try ScratchDirectory.with { directory in
                try MountedFilesystem.with(.ext4, in: directory, byteCount: 96 << 20) { filesystem in
                    let program = Program(filesystem.path.appending("root"))
                    let small = try directory.volume("small", byteCount: 4 << 20)
                    let first = try program.create(small, "--pack-size", "4M")
                    let filler = try ScratchDirectory.sparseFile(
                        at: filesystem.path.appending("filler"),
                        byteCount: 0
                    )
                    try Command.check("fallocate", "-l", "32M", filler.string)
                    let image = try directory.volume("image", byteCount: 64 << 20)
                    let outcome = try program.run("create", "--volume", image.string, "--pack-size", "4M")
                    expectRefusal(outcome, 41, "No space left", "is now in state error")
                    let dead = try program.list()[0]
                    #expect(dead.state == "error" && dead.stateMessage?.isEmpty == false)
                    #expect(try program.unfinished().isEmpty)
                    #expect(try program.verifies(first.id))
                    #expect(try program.holds(first.id, small, in: directory))
                    try File.remove(filler)
                    let second = try program.create(image, "--pack-size", "4M")
                    #expect(second.newByteCount < 64 << 20, "what fitted is used")
                    #expect(try program.holds(second.id, image, in: directory))
                }
            }
        }

        /// What is new fits, though a pack of full size would not.
        @Test func littleSpaceIsLeft() throws {
            try ScratchDirectory.with { directory in
                try MountedFilesystem.with(.ext4, in: directory, byteCount: 40 << 20) { filesystem in
                    let program = Program(filesystem.path.appending("root"))
                    let image = try directory.volume("image", byteCount: 2 << 20)
                    #expect(try program.holds(program.create(image).id, image, in: directory))
                }
            }
        }

        @Test func ofOtherVersionsAndOwners() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 1 << 20)
                let snapshot = try program.create(image)
                let description = program.store.appending("store.json")
                let text = try File.readText(description)
                let future = text.replacing("\"FormatVersion\" : 1", with: "\"FormatVersion\" : 2")
                #expect(future != text)
                func refuse(_ status: Int32, _ word: String, _ lines: [[String]]) throws {
                    for line in lines { expectRefusal(try program.run(line), status, word) }
                }
                let create = ["create", "--volume", image.string]
                let verify = ["verify", snapshot.id]
                let rebuild = ["catalogue", "rebuild"]
                try put(future, description)
                try refuse(43, "later snapctl", [["list"], create, verify, rebuild])
                try put("no JSON", description)
                try refuse(42, "store.json", [["list"], create, verify, rebuild])
                try File.remove(description)
                try refuse(42, "store.json", [create])
                try put(text, description)
                #expect(try program.verifies(snapshot.id), "nothing was changed")

                // A catalogue beside another store than its own.
                let other = Program(in: directory, "other")
                try other.create(image)
                let stolen = try File.readText(other.store.appending("store.json"))
                try put(stolen, description)
                try refuse(45, "belongs to", [["list"], create, verify])
                try put(text, description)
                // A database of somebody else.
                let before = try File.read(program.catalogue, upTo: .max)
                try put(String(repeating: "garbage", count: 1_000), program.catalogue)
                try refuse(44, "catalogue.db", [["list"], create, verify])
                let file = try OwnedDescriptor(opening: program.catalogue, .writeOnly, options: .truncate)
                try file.write(before, at: 0)
                try file.close()
                #expect(try program.list() == [snapshot])
            }
        }

        @Test func noStore() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let id = "snap-0123456789abcdef0"
                let target = directory.appending("target").string
                for line in [
                    ["list"], ["verify", id], ["restore", id, "--to", target], ["catalogue", "rebuild"],
                ] {
                    expectRefusal(try program.run(line), 40, program.store.string)
                }
                #expect(!File.exists(program.root), "looking makes nothing")
            }
        }

        @Test func unknownSnapshots() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let snapshot = try program.create(try directory.volume("image", byteCount: 4096)).id
                let target = directory.appending("target")
                for (id, status, word) in [
                    ("snap-1", 11, "InvalidSnapshotID.Malformed"),
                    ("SNAP-0123456789ABCDEF0", 10, "InvalidParameterValue"),
                    ("snap-0123456789abcdeF0", 11, "InvalidSnapshotID.Malformed"),
                    ("vol-0123456789abcdef0", 10, "snap-"),
                    ("snap-0123456789abcdef0", 12, "InvalidSnapshot.NotFound"),
                    ("", 10, "InvalidParameterValue"),
                ] {
                    let lines = [
                        ["list", id], ["verify", id], ["restore", id, "--to", target.string],
                        ["diff", id, snapshot],
                        ["diff", snapshot, id], ["list", snapshot, id],
                    ]
                    for line in lines { expectRefusal(try program.run(line), Int32(status), word) }
                }
                #expect(!File.exists(target))
            }
        }

        private func put(_ text: String, _ path: FilePath) throws {
            let file = try OwnedDescriptor(opening: path, .writeOnly, options: [.create, .truncate])
            try file.write(Array(text.utf8), at: 0)
            try file.close()
        }
    }
}
