import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension DeviceMapper {
    /// The program itself, on logical volumes that are mounted and written to.
    @Suite(.serialized) struct Programs {
        private static let roundCount = 5
        private static let byteCount = 32 << 20

        /// Programs under an emulated processor take seconds to begin.
        private static let patienceSeconds = 60.0

        @Test(arguments: Instants.Kind.allCases)
        func keepsTheOrder(kind: Instants.Kind) throws {
            try withMounted(kind) { directory, root, node, mounted in
                let writer = try ChildProcess(["/bin/sh", "-c", Instants.writing, mounted.string])
                #expect(Waiting.until { File.exists(mounted.appending("b")) })
                var ids: [String] = []
                for _ in 0..<Self.roundCount {
                    let record = try Self.run(root, "create", "--volume", node.string)
                    #expect(record.contains("\"Method\": \"\(kind == .thin ? "lvm-thin" : "lvm")\""))
                    #expect(record.contains("\"State\": \"pending\"") && record.contains("\"Level\": \"filesystem\""))
                    ids.append(try Self.id(in: record))
                    try Self.run(root, ["wait"] + ids.suffix(1))
                }
                writer.kill()
                writer.wait()
                for id in ids {
                    let image = directory.appending("image-\(id)")
                    try Self.run(root, "restore", id, "--to", image.string)
                    try Instants.check(.ext4, image, in: directory)
                    try File.remove(image)
                }
                #expect(try Self.run(root, "doctor").contains("\"Findings\": []"))
            }
        }

        /// Without a snapshot of LVM's: what the kernel marks is told of the device that is mounted.
        @Test(arguments: [LiveScene.logicalVolume, .encrypted])
        func keepsTheOrderLive(scene: LiveScene) throws {
            try ScratchDirectory.with { directory in
                let root = directory.appending("root")
                let ids = try scene.with(in: directory) { node in
                    try MountedFilesystem.make(.ext4, on: node)
                    return try MountedFilesystem.with(node, at: try directory.folder("place")) { mounted in
                        let writer = try ChildProcess(["/bin/sh", "-c", Instants.writing, mounted.path.string])
                        defer {
                            writer.kill()
                            writer.wait()
                        }
                        #expect(Waiting.until { File.exists(mounted.path.appending("b")) })
                        return try (0..<Self.roundCount).map { _ in
                            let record = try Self.run(
                                root, "create", "--volume", node.string, "--consistency", "live", "--max-freeze", "20s",
                                "--on-no-converge", "freeze-longer", "--wait")
                            #expect(
                                record.contains("\"Method\": \"live\"") && record.contains("\"State\": \"completed\""))
                            return try Self.id(in: record)
                        }
                    }
                }
                for id in ids {
                    let image = directory.appending("image-\(id)")
                    try Self.run(root, "restore", id, "--to", image.string)
                    try Instants.check(.ext4, image, in: directory)
                    try File.remove(image)
                }
            }
        }

        /// The LVM snapshot outlives the worker, and another goes on with it; or it is removed.
        @Test(arguments: Instants.Kind.allCases)
        func goesOnAfterAKill(kind: Instants.Kind) throws {
            try withMounted(kind) { directory, root, node, mounted in
                try File.overwrite(
                    try ScratchDirectory.sparseFile(at: mounted.appending("file"), byteCount: 0),
                    filled(8 << 20, with: 7),
                    at: 0)
                let id = try killed(root, node)
                #expect(try Self.run(root, "list", id).contains("snapctl resume"))
                try File.overwrite(mounted.appending("file"), filled(8 << 20, with: 8), at: 0)
                #expect(try Self.run(root, "resume", id, "--wait").contains("\"Attempts\": 2"))
                let image = directory.appending("image")
                try Self.run(root, "restore", id, "--to", image.string)
                try Command.check("e2fsck", "-fn", image.string)
                try LoopDevice.with(over: image) { loop in
                    try MountedFilesystem.with(loop.path, at: try directory.folder("restored")) { restored in
                        let bytes = try File.read(restored.path.appending("file"), upTo: 16 << 20)
                        #expect(bytes == filled(8 << 20, with: 7))
                    }
                }
                let other = try killed(root, node)
                try Self.run(root, "cancel", other)
                #expect(try Command.check("lvs", "--noheadings", "-o", "lv_name").contains("snapctl-") == false)
            }
        }

        /// What a device that goes away leaves: an error, and nothing else.
        @Test func aVolumeThatFailsWhileItIsRead() throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory) { group in
                    let node = try Instants.volume(.thick, Self.byteCount, in: group)
                    let root = directory.appending("root")
                    let record = try Self.run(
                        root, "create", "--volume", node.string, "--consistency", "exclusive", "--no-wait")
                    let (id, worker) = (try Self.id(in: record), try Self.worker(in: record))
                    kill(worker, SIGSTOP)
                    let name = try Command.check("dmsetup", "info", "-c", "--noheadings", "-o", "name", node.string)
                    let table = try Command.check("dmsetup", "table", name)
                    try Command.check("dmsetup", "wipe_table", "--force", "--noflush", name)
                    kill(worker, SIGCONT)
                    let outcome = try Command.run(Self.line(root, ["wait", id]))
                    try Command.check("dmsetup", "load", name, "--table", table)
                    try Command.check("dmsetup", "resume", name)
                    // It may have been read by then.
                    #expect(outcome.status == 19 || outcome.status == 0, "\(outcome.errors)")
                    if outcome.status == 19 { #expect(outcome.errors.contains("cannot be read")) }
                }
            }
        }

        // MARK: - Parts

        private func withMounted(
            _ kind: Instants.Kind, _ body: (ScratchDirectory, FilePath, FilePath, FilePath) throws -> Void
        ) throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory, byteCount: 2 << 30) { group in
                    let node = try Instants.volume(kind, Self.byteCount, in: group)
                    try MountedFilesystem.make(.ext4, on: node)
                    try MountedFilesystem.with(node, at: try directory.folder("place")) { mounted in
                        try body(directory, directory.appending("root"), node, mounted.path)
                    }
                }
            }
        }

        /// A pending snapshot whose worker is dead.
        private func killed(_ root: FilePath, _ node: FilePath) throws -> String {
            let record = try Self.run(root, "create", "--volume", node.string)
            let worker = try Self.worker(in: record)
            kill(worker, SIGKILL)
            #expect(Waiting.until(seconds: Self.patienceSeconds) { ProcessIdentity(number: worker) == nil })
            let id = try Self.id(in: record)
            #expect(try Self.run(root, "list", id).contains("\"State\": \"pending\""))
            return id
        }

        private static func line(_ root: FilePath, _ arguments: [String]) -> [String] {
            [BuiltProgram.path.string] + arguments + ["--root", root.string, "--quiet", "--output", "json"]
        }

        @discardableResult
        private static func run(_ root: FilePath, _ arguments: String...) throws -> String {
            try Command.check(line(root, arguments))
        }

        @discardableResult
        private static func run(_ root: FilePath, _ arguments: [String]) throws -> String {
            try Command.check(line(root, arguments))
        }

        private static func id(in record: String) throws -> String {
            try #require(value(of: "SnapshotId", in: record)).filter { $0 != "\"" }
        }

        private static func worker(in record: String) throws -> Int32 {
            try #require(value(of: "ProcessId", in: record).flatMap { Int32($0) })
        }

        private static func value(of name: String, in record: String) -> String? {
            guard let line = record.split(separator: "\n").first(where: { $0.contains("\"\(name)\":") }) else {
                return nil
            }
            return line.split(separator: ":").last.map { String($0.filter { !" ,".contains($0) }) }
        }
    }
}
