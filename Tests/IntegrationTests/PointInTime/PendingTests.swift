import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// Snapshots that are pending in the background.
    @Suite struct Pending {
        private static let byteCount = 256 << 20

        /// An image file of random bytes on a filesystem that can clone.
        private func withImage<Result>(_ body: (ScratchDirectory, Program, FilePath) throws -> Result) throws -> Result
        {
            try ScratchDirectory.with { directory in
                try MountedFilesystem.with(.xfs, in: directory, name: "host", byteCount: 1 << 30) { host in
                    let image = try ScratchDirectory.sparseFile(at: host.path.appending("disk.img"), byteCount: 0)
                    try scramble(image, Self.byteCount)
                    return try body(directory, Program(in: directory), image)
                }
            }
        }

        @Test func keepsTheBytesOfItsInstant() throws {
            try withImage { directory, program, image in
                let before = try sum(image)
                let snapshot = try program.secure(image, "--pack-size", "4M")
                let worker = try #require(snapshot.own.worker)
                #expect(snapshot.state == "pending" && snapshot.own.consistency.method == "clone")
                #expect(snapshot.own.consistency.instant != nil)
                kill(worker.processNumber, SIGSTOP)
                try scramble(image, Self.byteCount)
                try LoopDevice.with(over: image) { loop in
                    try MountedFilesystem.make(.ext4, on: loop.path)
                    try MountedFilesystem.with(loop.path, at: try directory.folder("place")) { mounted in
                        _ = try Command.check("cp", "-a", "/usr/share/zoneinfo", mounted.path.string)
                    }
                }
                #expect(try program.list(snapshot.id)[0].state == "pending")
                kill(worker.processNumber, SIGCONT)
                try program.waitFor([snapshot.id])
                let target = directory.appending("restored")
                try program.restore(snapshot.id, to: target)
                #expect(try sum(target) == before)
                #expect(try clones(beside: image).isEmpty)
            }
        }

        @Test func isResumedAfterAKill() throws {
            try withImage { directory, program, image in
                let copy = directory.appending("copy")
                try copyFile(image, to: copy)
                let snapshot = try program.secure(image, "--pack-size", "4M")
                let worker = try #require(snapshot.own.worker)
                #expect(try wait { try !program.packs().isEmpty })
                kill(worker.processNumber, SIGKILL)
                #expect(try wait { ProcessIdentity(number: worker.processNumber) == nil })
                try scramble(image, Self.byteCount)

                let dead = try program.list(snapshot.id)[0]
                #expect(dead.state == "pending" && dead.stateMessage?.contains("snapctl resume") == true)
                #expect(try clones(beside: image).count == 1)
                let resumed = try decode(
                    SnapshotFields.self, try Command.check(program.line(["resume", snapshot.id, "--wait"])))
                #expect(resumed.state == "completed" && resumed.own.worker?.attemptCount == 2)
                #expect(resumed.newByteCount < Self.byteCount, "what was durable is used")
                #expect(try program.holds(snapshot.id, copy, in: directory))
                #expect(try clones(beside: image).isEmpty)
                expectRefusal(try program.run("resume", snapshot.id), 18, "completed")
            }
        }

        /// As at a shutdown: the worker ends at once, and the next create goes on with its snapshot.
        @Test func isResumedByTheNextCreateAfterATerm() throws {
            try withImage { directory, program, image in
                let copy = directory.appending("copy")
                try copyFile(image, to: copy)
                let snapshot = try program.secure(image, "--pack-size", "4M")
                let worker = try #require(snapshot.own.worker)
                kill(worker.processNumber, SIGTERM)
                #expect(try wait { ProcessIdentity(number: worker.processNumber) == nil })
                let other = try directory.volume("other", byteCount: 8 << 20)
                try program.create(other)
                try program.waitFor([snapshot.id])
                #expect(try program.list(snapshot.id)[0].own.worker?.attemptCount == 2)
                #expect(try program.holds(snapshot.id, copy, in: directory))
            }
        }

        @Test func endsAsErrorOnceItsPointInTimeIsGone() throws {
            try withImage { directory, program, image in
                let snapshot = try program.secure(image, "--pack-size", "4M")
                let worker = try #require(snapshot.own.worker)
                kill(worker.processNumber, SIGKILL)
                #expect(try wait { ProcessIdentity(number: worker.processNumber) == nil })
                for clone in try clones(beside: image) { try File.remove(clone) }
                let dead = try program.list(snapshot.id)[0]
                #expect(dead.state == "error" && dead.stateMessage?.contains("point in time is gone") == true)
                expectRefusal(try program.run("wait", snapshot.id), 19, "point in time is gone")
                expectRefusal(try program.run("resume", snapshot.id), 18, "error")
            }
        }

        @Test func isCancelled() throws {
            try withImage { directory, program, image in
                let snapshot = try program.secure(image, "--pack-size", "4M")
                let cancelled = try decode(
                    ListFields.self, try Command.check(program.line(["cancel", snapshot.id]))
                ).snapshots[0]
                #expect(cancelled.state == "error" && cancelled.stateMessage?.contains("cancelled") == true)
                #expect(try clones(beside: image).isEmpty)
                expectRefusal(try program.run("cancel", snapshot.id), 18, "error")
                expectRefusal(try program.run("cancel", "snap-00000000000000000"), 12, "snap-00000000000000000")
                try program.create(image, "--wait")
            }
        }

        @Test func isCancelledAlsoWithoutAWorker() throws {
            try withImage { directory, program, image in
                let snapshot = try program.secure(image, "--pack-size", "4M")
                let worker = try #require(snapshot.own.worker)
                kill(worker.processNumber, SIGKILL)
                #expect(try wait { ProcessIdentity(number: worker.processNumber) == nil })
                try Command.check(program.line(["cancel", snapshot.id]))
                #expect(try program.list(snapshot.id)[0].state == "error")
                #expect(try clones(beside: image).isEmpty)
            }
        }

        @Test func severalOfOneVolumeAtOnce() throws {
            try withImage { directory, program, image in
                var (ids, sums) = ([String](), [String]())
                for _ in 0..<3 {
                    sums.append(try sum(image))
                    ids.append(try program.secure(image, "--pack-size", "4M").id)
                    try scramble(image, 16 << 20, at: 32 << 20)
                }
                try program.waitFor(ids)
                for (id, before) in zip(ids, sums) {
                    let target = directory.appending("restored-\(id)")
                    try program.restore(id, to: target)
                    #expect(try sum(target) == before)
                    try File.remove(target)
                }
            }
        }

        /// The claim is held in the background, and given back.
        @Test func exclusiveWithoutWaiting() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.sparseFile("volume", byteCount: Self.byteCount)
                try LoopDevice.with(over: image) { loop in
                    try MountedFilesystem.make(.ext4, on: loop.path)
                    let snapshot = try program.secure(loop.path, "--consistency", "exclusive", "--no-wait")
                    let worker = try #require(snapshot.own.worker)
                    kill(worker.processNumber, SIGSTOP)
                    if try program.list(snapshot.id)[0].state == "pending" {
                        let place = try directory.folder("place")
                        #expect(try Command.run(["mount", loop.path.string, place.string]).status != 0)
                        expectRefusal(try program.run("create", "--volume", loop.path.string), 20)
                    }
                    kill(worker.processNumber, SIGCONT)
                    try program.waitFor([snapshot.id])
                }
            }
        }

        @Test func waitTellsItsTimeIsUp() throws {
            try withImage { _, program, image in
                let snapshot = try program.secure(image, "--pack-size", "4M")
                let worker = try #require(snapshot.own.worker)
                kill(worker.processNumber, SIGSTOP)
                expectRefusal(try program.run("wait", snapshot.id, "--timeout", "600ms"), 5, snapshot.id)
                kill(worker.processNumber, SIGCONT)
                try program.waitFor([snapshot.id])
            }
        }

        private func clones(beside image: FilePath) throws -> [FilePath] {
            let folder = image.removingLastComponent()
            return try Directory.names(in: folder).filter { $0.contains("snapctl") }.map { folder.appending($0) }
        }

        private func copyFile(_ source: FilePath, to target: FilePath) throws { try copy(source, to: target) }
    }
}
