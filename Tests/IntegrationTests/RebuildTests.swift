import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// The catalogue from the store alone.
    @Suite struct Rebuilding {
        enum Loss: CaseIterable {
            case none, missing, garbage, empty
        }

        @Test(arguments: Loss.allCases) func bringsEverythingBack(_ loss: Loss) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let images = [
                    try directory.volume("one", byteCount: 6 << 20),
                    try directory.volume("two", byteCount: 3 << 20 + 5),
                ]
                let first = try program.create(images[0], "--description", "é – \"quoted\"")
                try program.create(images[1])
                let old = directory.appending("old")
                try copy(images[0], to: old)
                try scramble(images[0], 1 << 20, at: 2 << 20)
                try program.create(images[0])
                // One that failed is nowhere but in the catalogue.
                let run = try program.start(
                    "create",
                    "--volume",
                    try directory.volume("big", byteCount: 64 << 20).string,
                    logs: directory
                )
                #expect(try wait { (try? program.list().count) == 4 })
                _ = try run.killBoth()
                #expect(try program.list().filter { $0.state == "error" }.count <= 1)
                let before = try program.list().filter { $0.state == "completed" }
                try lose(loss, program)
                try program.rebuild()
                #expect(try program.list() == before)
                for snapshot in before { #expect(try program.verifies(snapshot.id)) }
                #expect(try program.holds(first.id, old, in: directory))
                // It knows the volumes and the chunks again.
                let next = try program.create(images[0])
                #expect(next.volume == first.volume && next.newByteCount == 0)
            }
        }

        private func lose(_ loss: Loss, _ program: Program) throws {
            switch loss {
            case .none: break
            case .missing:
                try Command.check("bash", "-c", "rm \"$1\"/catalogue.db*", "rm", program.root.string)
            case .garbage, .empty:
                try Command.check("bash", "-c", "rm \"$1\"/catalogue.db-*; true", "rm", program.root.string)
                let bytes = loss == .garbage ? SeededRandom.bytes(70_000, seed: 1) : []
                let file = try OwnedDescriptor(opening: program.catalogue, .writeOnly, options: .truncate)
                try file.write(bytes, at: 0)
                try file.close()
            }
            if loss == .missing || loss == .garbage {
                let image = program.root.removingLastComponent().appending("one")
                for arguments in [["list"], ["create", "--volume", image.string]] {
                    expectRefusal(try program.run(arguments), 44, "snapctl catalogue rebuild")
                }
            }
        }

        @Test func isRefusedWhileSomebodyWorks() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 64 << 20)
                let run = try program.start("create", "--volume", image.string, logs: directory)
                #expect(try wait { (try? program.list().count) == 1 })
                run.signalBoth(19)
                expectRefusal(try program.run("catalogue", "rebuild"), 46)
                run.signalBoth(18)
                #expect(try run.wait().status == 0)
                try program.rebuild()
            }
        }
    }
}
