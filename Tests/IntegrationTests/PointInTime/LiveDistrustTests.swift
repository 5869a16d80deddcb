import SnapModel
import SnapSystem
import SnapTestSupport
import SnapTracking
import SystemPackage
import Testing

extension Integration {
    /// Somebody writes past the kernel's block layer, here into the image file beneath a loop device: no tracking can see
    /// that, but the audit does.
    @Suite struct LiveDistrust {
        @Test func anImageThatDiffersIsNotKeptAndLiveIsHeldBack() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try Place.with(.ext4, on: nil, in: directory) { place in
                    try scramble(place.mountPoint.appending("much"), 48 << 20)
                    let device = place.device.string
                    let outcome = try auditWhileSomebodyWrites(into: place, program, directory)
                    #expect(outcome.status == 1 && outcome.errors.contains("was written to unnoticed"), "\(outcome)")
                    #expect(try program.list().allSatisfy { $0.state == "error" })

                    let again = try program.run("create", "--volume", device, "--consistency", "live", "--wait")
                    #expect(again.status == 24 && again.errors.contains("doctor --allow-live \(device)"), "\(again)")
                    #expect(try program.run("volume", "inspect", device).output.contains("--allow-live"))
                    #expect(try program.run("doctor", "--dry-run").output.contains("distrusted-live"))

                    try Command.check(program.line(["doctor", "--allow-live", device]))
                    #expect(try program.run("doctor", "--allow-live", device).status == 10)
                    let id = try program.create(place.device, "--consistency", "live", "--audit", "--wait").id
                    #expect(try program.verifies(id))
                }
            }
        }

        /// Without being asked for: much is written after the passes, where no tracking can see it.
        @Test func theSamplesOfAnyRunSeeIt() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try Place.with(.ext4, on: nil, in: directory) { place in
                    let hook = try directory.program(
                        "unnoticed",
                        "test $1 = thaw || dd if=/dev/urandom of='\(place.image)' bs=1M seek=128 count=96 conv=notrunc")
                    let words = ["create", "--volume", place.device.string, "--consistency", "live", "--wait"]
                    let outcome = try program.run(words + ["--hook", hook.string])
                    #expect(outcome.status == 1 && outcome.errors.contains("samples differ"), "\(outcome)")
                    #expect(try program.list().map(\.state) == ["error"])
                    let again = try program.run(words)
                    #expect(again.status == 24 && again.errors.contains("doctor --allow-live"), "\(again)")
                }
            }
        }

        /// It may be about any volume; other methods do not ask.
        @Test func whatCannotBeReadHoldsLiveBackAndNothingElse() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try Place.with(.ext4, on: nil, in: directory) { place in
                    let device = place.device.string
                    _ = try program.create(place.device, "--wait")
                    let path = try ScratchDirectory.sparseFile(at: program.root.appending("live.json"), byteCount: 0)
                    try File.overwrite(path, Array("{".utf8), at: 0)
                    for dryRun in [[], ["--dry-run"]] {
                        let live = try program.run(
                            ["create", "--volume", device, "--consistency", "live", "--wait"] + dryRun)
                        #expect(live.status == 24 && live.errors.contains("live.json"), "\(live)")
                    }
                    #expect(try program.create(place.device).own.consistency.method == "freeze")
                }
            }
        }

        private func auditWhileSomebodyWrites(
            into place: Place, _ program: Program, _ directory: ScratchDirectory
        ) throws -> Command.Outcome {
            let running = try program.start(
                "create", "--volume", place.device.string, "--consistency", "live", "--audit", "--wait", logs: directory
            )
            // Not before: it would be seen that the file is open for writing.
            let isTracking = try wait { running.worker.map { KernelPrograms.count(of: $0) > 0 } ?? false }
            #expect(isTracking)
            var random = SeededRandom(seed: 3)
            while true {
                try File.overwrite(place.image, random.bytes(512), at: Place.byteCount - (256 << 10))
                CurrentProcess.rest(for: .milliseconds(5))
                if let outcome = try running.poll() { return outcome }
            }
        }
    }
}
