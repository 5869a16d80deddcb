import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// What is told of the passes of `live`: to whoever waits for it, and to all others.
    @Suite struct LiveProgress {
        /// A hook holds the last of it up, longer than it takes until a first line is due.
        private static let hook = "test $1 = thaw || sleep 8"

        @Test func passesAreTold() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let hook = try directory.program("slow", Self.hook)
                try Place.with(.ext4, on: Place.Disk(), in: directory) { place in
                    try Writing.with([.direct, .mapped], to: place, logs: directory) { _ in
                        let line = create(place, program, hook)
                        let create = try RunningProgram(line, logs: directory)
                        let isTold = try wait { try message(program)?.hasPrefix("pass ") == true }
                        #expect(isTold)
                        #expect(try message(program)?.hasSuffix(" units of 4 KiB left") == true)
                        let snapshot = try #require(try program.list().first)
                        #expect(snapshot.state == "pending" && snapshot.progress == "99%")
                        let outcome = try create.wait()
                        #expect(outcome.status == 0, "\(outcome.errors)")
                        let lines = outcome.errors.split(separator: "\n")
                        #expect(lines.count { $0.contains(snapshot.id) && $0.contains("units of 4 KiB left") } == 1)
                        #expect(lines.last?.contains("done") == true)
                        #expect(try message(program) == nil, "it is over")
                    }
                }
            }
        }

        private func create(_ place: Place, _ program: Program, _ hook: FilePath) -> [String] {
            [
                Program.path.string, "create", "--volume", place.device.string, "--consistency", "live", "--wait",
                "--hook", hook.string, "--root", program.root.string,
            ]
        }

        /// Of the only snapshot; nil where there is none yet.
        private func message(_ program: Program) throws -> String? {
            guard File.exists(program.catalogue) else { return nil }
            return try program.list().first?.stateMessage
        }
    }
}
