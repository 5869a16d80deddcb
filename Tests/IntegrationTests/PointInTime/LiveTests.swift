import Glibc
import SnapModel
import SnapSystem
import SnapTestSupport
import SnapTracking
import SystemPackage
import Testing

extension Integration {
    /// `live` as a whole: each image is compared with all of the volume while that is frozen.
    @Suite struct Live {
        private static let runCount = 10

        @Test(arguments: MountedFilesystem.Kind.allCases)
        func everyImageIsTheVolumeAsItWasFrozen(kind: MountedFilesystem.Kind) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try Place.with(kind, on: nil, in: directory) { place in
                    try scramble(place.mountPoint.appending("much"), 24 << 20)
                    try OrderedWriter.with(place.mountPoint, place.mountPoint) { _ in
                        for _ in 0..<Self.runCount {
                            let snapshot = try program.create(
                                place.device, "--consistency", "live", "--audit", "--wait")
                            #expect(snapshot.own.consistency.method == "live")
                            #expect(snapshot.own.consistency.isPointInTime)
                        }
                    }
                }
            }
        }

        /// Without being asked for: a mounted plain device, which nothing else could image while it is in use.
        @Test func isWhatAutoTakes() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try Place.with(.ext4, on: nil, in: directory) { place in
                    let snapshot = try program.create(place.device, "--wait")
                    #expect(snapshot.own.consistency.method == "live")
                    #expect(try program.verifies(snapshot.id))
                }
            }
        }

        /// What early passes stored and the image does not need is garbage, and nothing but that.
        @Test func whatNobodyNeedsIsGivenBack() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try Place.with(.ext4, on: nil, in: directory) { place in
                    try scramble(place.mountPoint.appending("much"), 24 << 20)
                    try OrderedWriter.with(place.mountPoint, place.mountPoint) { _ in
                        let id = try program.create(place.device, "--consistency", "live", "--wait").id
                        try Command.check(program.line(["gc"]))
                        #expect(try program.verifies(id))
                    }
                }
            }
        }

        /// The first copy passes over what is stored already; before it has come to its end, nobody else needs that any more.
        @Test func whatBecomesGarbageMeanwhileIsKept() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try Place.with(.ext4, on: nil, in: directory) { place in
                    try scramble(place.mountPoint.appending("much"), 200 << 20)
                    var earlier = [try program.create(place.device, "--consistency", "live", "--wait").id]
                    // One that is too quick to be stopped is an earlier one.
                    let (create, worker) = try stoppedCreate(of: place, program, directory) { earlier.append($0) }
                    defer {
                        kill(worker, SIGCONT)
                        _ = try? create.end(SIGKILL)
                    }
                    try Command.check(program.line(["delete"] + earlier + ["--skip-recycle-bin"]))
                    try Command.check(program.line(["gc", "--repack-all"]))
                    kill(worker, SIGCONT)
                    let outcome = try create.wait()
                    #expect(outcome.status == 0, "\(outcome.errors)")
                    let second = try decode(SnapshotFields.self, outcome.output).id
                    #expect(try program.verifies(second))
                    // Now there is nobody to wait for.
                    try Command.check(program.line(["gc", "--repack-all"]))
                    #expect(try program.verifies(second))
                }
            }
        }

        /// One whose worker has read a part of its volume, as a rule, and stands still.
        private func stoppedCreate(
            of place: Place, _ program: Program, _ directory: ScratchDirectory, _ onMiss: (String) -> Void
        ) throws -> (RunningProgram, worker: pid_t) {
            for _ in 0..<20 {
                let before = try place.readSectorCount()
                let create = try program.start(
                    "create", "--volume", place.device.string, "--consistency", "live", "--wait", logs: directory)
                while try create.poll() == nil {
                    if try place.readSectorCount() - before >= (160 << 20) >> 9, let worker = create.worker {
                        kill(worker, SIGSTOP)
                        return (create, worker)
                    }
                    usleep(500)
                }
                onMiss(try decode(SnapshotFields.self, try create.wait().output).id)
            }
            throw Command.Failure(description: "it cannot be stopped while it reads")
        }

        /// A database that a hook brings to rest writes much, and too late for the passes.
        @Test func whatHooksWriteIsReadBeforeTheFreeze() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try Place.with(.ext4, on: nil, in: directory) { place in
                    let file = place.mountPoint.appending("checkpoint")
                    let hook = try directory.program(
                        "writes", "test $1 = thaw || dd if=/dev/urandom of=\(file) bs=1M count=96 conv=notrunc,fsync")
                    let snapshot = try program.create(
                        place.device, "--consistency", "live", "--audit", "--hook", hook.string, "--wait")
                    #expect(snapshot.own.consistency.hooks?.count == 1)
                    let log = try File.readText(program.root.appending("log").appending("snapctl.log"))
                    #expect(log.split(separator: "\n").count { $0.contains("frozen: ") } == 1, "\(log)")
                    let unaudited = try program.create(
                        place.device, "--consistency", "live", "--hook", hook.string, "--wait")
                    #expect(try program.verifies(unaudited.id))
                }
            }
        }
    }
}
