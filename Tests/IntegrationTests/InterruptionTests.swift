import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// A snapshot while it is made, and when making it is ended by a signal.
    @Suite struct Interruption {
        @Test func othersSeeItMove() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 400 << 20)
                let run = try program.start(
                    "create",
                    "--volume",
                    image.string,
                    "--pack-size",
                    "4M",
                    logs: directory
                )
                #expect(try wait { try !program.files("store.json").isEmpty })
                var seen: [String] = []
                var end: Command.Outcome?
                while end == nil {
                    run.crawl()
                    // Another process, while the first is stopped in the middle of whatever it does; the opening of
                    // the catalogue alone is exclusive.
                    run.signalBoth(SIGCONT)
                    end = try run.poll()
                    guard let snapshot = try program.list().first else { continue }
                    if snapshot.state == "pending", seen.last != snapshot.progress {
                        seen.append(snapshot.progress)
                    }
                    #expect(snapshot.state == "completed" || snapshot.progress != "100%")
                    #expect(snapshot.stateMessage == nil)
                }
                print("progress that another process saw: \(seen.joined(separator: " "))")
                let percents = seen.compactMap { Int($0.dropLast()) }
                #expect(percents.count >= 2 && percents == percents.sorted(), "it moves, and only forward")
                #expect(end?.status == 0, "\(end?.errors ?? "")")
                #expect(try program.list().first?.progress == "100%")
            }
        }

        /// SQLite's last user folds the log in and removes it: nobody else may take itself for that.
        @Test func anotherProcessLeavesTheLogAlone() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 96 << 20)
                let run = try program.start(
                    "create",
                    "--volume",
                    image.string,
                    "--pack-size",
                    "4M",
                    logs: directory
                )
                #expect(try wait { try !program.packs().isEmpty })
                run.signalBoth(SIGSTOP)
                #expect(try program.list().map(\.state) == ["pending"])
                #expect(File.exists(FilePath(program.catalogue.string + "-wal")))
                run.signalBoth(SIGCONT)
                #expect(try run.wait().status == 0)
                #expect(try program.list().map(\.state) == ["completed"])
            }
        }

        /// A terminal that is closed, or a kill, ends who waits; what is secured goes on (DESIGN §5).
        @Test(arguments: [SIGHUP, SIGKILL])
        func theWorkerOutlivesTheCommand(_ signal: CInt) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 96 << 20)
                let run = try program.start(
                    "create", "--volume", image.string, "--pack-size", "4M", logs: directory)
                #expect(try wait { try !program.packs().isEmpty })
                #expect(try run.end(signal).status == 128 + signal)
                let snapshot = try #require(try program.list().first)
                try program.waitFor([snapshot.id])
                #expect(try program.holds(snapshot.id, image, in: directory))
            }
        }

        @Test(arguments: [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")])
        func aSignalEndsItCleanly(_ signal: CInt, _ name: String) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 96 << 20)
                // At other moments each time: with packs open, waiting to be committed, and being committed.
                for packCount in [1, 2, 4, 7] {
                    _ = try Command.run(["rm", "-rf", program.root.string])
                    let run = try program.start(
                        "create",
                        "--volume",
                        image.string,
                        "--pack-size",
                        "4M",
                        logs: directory
                    )
                    #expect(try wait { try program.packs().count >= packCount })
                    let outcome = try run.end(signal)
                    expectRefusal(outcome, 130, name, "is now in state error")
                    let snapshot = try program.list()[0]
                    #expect(snapshot.state == "error" && snapshot.progress != "100%")
                    #expect(snapshot.stateMessage?.contains(name) == true)
                    #expect(snapshot.completionTime == nil && snapshot.fullByteCount == nil)
                    #expect(try program.unfinished().isEmpty, "after \(packCount) packs")
                    #expect(try program.files("snap-*.json").isEmpty)
                    let next = try program.create(image)
                    #expect(next.newByteCount < next.fullByteCount ?? 0, "what was stored is used")
                    #expect(try program.verifies(next.id))
                }
            }
        }

        @Test func anInterruptedRestoreLeavesNoFile() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 96 << 20)
                let snapshot = try program.create(image)
                let place = try directory.folder("place")
                let run = try program.start(
                    "restore",
                    snapshot.id,
                    "--to",
                    place.appending("target").string,
                    logs: directory
                )
                #expect(try wait { try !Directory.names(in: place).isEmpty })
                let outcome = try run.end(SIGTERM)
                // It may have been done by then.
                if outcome.status != 0 {
                    expectRefusal(outcome, 130, "SIGTERM")
                    #expect(try Directory.names(in: place).isEmpty)
                }
                #expect(try program.list()[0].state == "completed")
            }
        }
    }
}
