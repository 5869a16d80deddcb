import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// Hooks, freezes, and what goes wrong with them.
    @Suite struct Quiesce {
        private func hook(_ name: String, _ script: String, in folder: FilePath) throws -> FilePath {
            let path = try ScratchDirectory.sparseFile(at: folder.appending(name), byteCount: 0)
            try File.overwrite(path, Array("#!/bin/sh\n\(script)\n".utf8), at: 0)
            try Command.check("chmod", "755", path.string)
            return path
        }

        @Test func hooksRunAroundTheFreezeAndAreTold() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let (hooks, trace) = (try directory.folder("hooks"), directory.appending("trace"))
                for name in ["10-first", "20-second"] {
                    _ = try hook(name, "echo $1 \(name) $SNAPCTL_MOUNT_POINTS >>\(trace)", in: hooks)
                }
                try Place.with(.ext4, on: .xfs, in: directory) { place in
                    let snapshot = try program.secure(place.device, "--hooks-dir", hooks.string)
                    #expect(snapshot.own.consistency.level == "application")
                    let runs = try #require(snapshot.own.consistency.hooks)
                    #expect(runs.map(\.name) == ["10-first", "20-second"])
                    #expect(runs.allSatisfy { $0.freeze == "succeeded" && $0.thaw == "succeeded" })
                    let point = place.mountPoint.string
                    #expect(
                        try File.readText(trace).split(separator: "\n") == [
                            "freeze 10-first \(point)", "freeze 20-second \(point)",
                            "thaw 20-second \(point)", "thaw 10-first \(point)",
                        ])
                    try program.waitFor([snapshot.id])
                }
            }
        }

        @Test func aFailingHookEndsItOrNot() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let (hooks, trace) = (try directory.folder("hooks"), directory.appending("trace"))
                _ = try hook("10-good", "echo $1 >>\(trace)", in: hooks)
                _ = try hook("20-bad", "echo cannot rest >&2; test $1 = thaw", in: hooks)
                try Place.with(.ext4, on: .xfs, in: directory) { place in
                    let create = ["create", "--volume", place.device.string, "--hooks-dir", hooks.string]
                    expectRefusal(try program.run(create), 27, "20-bad", "cannot rest", "is now in state error")
                    #expect(try File.readText(trace) == "freeze\nthaw\n")
                    try expectWritable(place)
                    let snapshot = try decode(
                        SnapshotFields.self,
                        try Command.check(program.line(create + ["--on-quiesce-failure", "crash-consistent"])))
                    #expect(snapshot.own.consistency.level == "crash")
                    try program.waitFor([snapshot.id])
                }
            }
        }

        @Test func aHangingHookIsEnded() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let hook = try hook("hangs", "test $1 = thaw || sleep 1000", in: directory.path)
                try Place.with(.ext4, on: .xfs, in: directory) { place in
                    let watch = Stopwatch()
                    expectRefusal(
                        try program.run(
                            "create", "--volume", place.device.string, "--no-hooks", "--hook", hook.string,
                            "--hook-timeout", "500ms"), 27, "hangs")
                    #expect(watch.elapsed < .seconds(10))
                    try expectWritable(place)
                }
            }
        }

        /// Whoever asked for it is gone before it was secured: nobody would know of the snapshot.
        @Test func aKilledCommandTakesItsWorkerWithIt() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let started = directory.appending("started")
                let hook = try hook("slow", "touch \(started); test $1 = thaw || sleep 3", in: directory.path)
                try Place.with(.ext4, on: .xfs, in: directory) { place in
                    let run = try program.start(
                        "create", "--volume", place.device.string, "--hook", hook.string, logs: directory)
                    #expect(try wait { File.exists(started) })
                    try run.end(SIGKILL)
                    #expect(try wait { try program.list().map(\.state) == ["error"] })
                    #expect(try program.list()[0].stateMessage?.contains("the command") == true)
                    try expectWritable(place)
                }
            }
        }

        @Test func somebodyElsesFreezeIsLeftAlone() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try Place.with(.ext4, on: .xfs, in: directory) { place in
                    try Command.check("fsfreeze", "-f", place.mountPoint.string)
                    let outcome = try program.run("create", "--volume", place.device.string)
                    let stillFrozen = try Command.run(["fsfreeze", "-u", place.mountPoint.string]).status == 0
                    expectRefusal(outcome, 25, place.mountPoint.string, "frozen")
                    #expect(stillFrozen)
                    try expectWritable(place)
                }
            }
        }

        @Test func aFreezeThatLastsTooLongEndsAsError() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try Place.with(.ext4, on: nil, in: directory) { place in
                    try scramble(place.mountPoint.appending("much"), 200 << 20)
                    let watch = Stopwatch()
                    let outcome = try program.run(
                        "create", "--volume", place.device.string, "--consistency", "freeze", "--max-freeze", "20ms")
                    expectRefusal(outcome, 26, "is now in state error")
                    #expect(watch.elapsed < .seconds(20))
                    try expectWritable(place)
                    #expect(try program.list()[0].state == "error")
                }
            }
        }

        /// What waits for the filesystem that it froze hangs for ever: so it is refused, by name.
        @Test func aFreezeOfItsOwnStoreIsRefused() throws {
            try ScratchDirectory.with { directory in
                try Place.with(.ext4, on: .xfs, in: directory) { place in
                    let program = Program(place.mountPoint.appending("root"))
                    let outcome = try program.run("create", "--volume", place.device.string)
                    #expect(outcome.status == 24, "\(outcome.errors)")
                    #expect(outcome.errors.contains("the store") && outcome.errors.contains(place.mountPoint.string))
                    try expectWritable(place)
                }
            }
        }

        private func expectWritable(_ place: Place, at location: SourceLocation = #_sourceLocation) throws {
            let outcome = try Command.run([
                "timeout", "2", "sh", "-c", "echo x >\(place.mountPoint)/probe && sync -f \(place.mountPoint)/probe",
            ])
            #expect(outcome.status == 0, "\(place.mountPoint) is still frozen", sourceLocation: location)
        }
    }
}
