import Glibc
import SnapModel
import SnapSystem
import SnapTestSupport
import SnapTracking
import SystemPackage
import Testing

extension Integration {
    /// kill -9 of whoever takes part in `live`, in each of its steps: the kernel has no program of ours left, nothing is frozen, what
    /// was not finished is no snapshot, and the next run is exact.
    @Suite struct LiveKills {
        /// What has happened by then, as the log tells it.
        enum Step: String, CaseIterable, Sendable {
            case tracking
            case secondPass = "pass 2: "
            case thirdPass = "pass 3: "
            case freeze = "frozen: "
            case thaw = "thawed after "
        }

        enum Victim: String, CaseIterable, Sendable { case worker, command, both }

        private static let attemptLimit = 12

        @Test(arguments: Step.allCases)
        func leaveNothing(after step: Step) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try Place.with(.ext4, on: Place.Disk(), in: directory) { place in
                    try scramble(place.mountPoint.appending("much"), 24 << 20)
                    // Its log and its chunks are there, so that each of the others goes as the last did.
                    _ = try program.create(place.device, "--consistency", "live", "--wait")
                    try Writing.with([.direct, .mapped], to: place, logs: directory) { _ in
                        try SteadyWriter.with(place.mountPoint) { writer in
                            defer { _ = try? Command.run(["fsfreeze", "-u", place.mountPoint.string]) }
                            for victim in Victim.allCases {
                                let wasHit = try (0..<Self.attemptLimit).contains { _ in
                                    try isHit(victim, step, program, place, writer, directory)
                                }
                                #expect(wasHit, "\(victim) was killed after '\(step)'")
                            }
                        }
                        let id = try program.create(place.device, "--consistency", "live", "--audit", "--wait").id
                        #expect(try program.verifies(id))
                        let names = try Directory.names(in: program.root)
                        #expect(!names.contains { $0.hasPrefix(".live") || $0.hasPrefix("freeze-") })
                    }
                }
            }
        }

        /// Whether the worker was at work when somebody was killed. All that must hold holds in any case.
        private func isHit(
            _ victim: Victim, _ step: Step, _ program: Program, _ place: Place, _ writer: SteadyWriter,
            _ logs: ScratchDirectory
        ) throws -> Bool {
            let known = Set(try program.list().map(\.id))
            let log = try LogTail(of: program)
            let create = try program.start(
                "create", "--volume", place.device.string, "--consistency", "live", "--wait", logs: logs)
            var worker: ProcessIdentity?
            let hasCome = try wait {
                if worker == nil { worker = create.worker.flatMap { ProcessIdentity(number: $0) } }
                let hasCome = try worker.map { try has(step, $0, log) } ?? false
                return try hasCome || create.poll() != nil
            }
            #expect(hasCome)
            guard let process = worker else { return false }
            let isAtWork = process.isAlive
            // The worker first: the command would have it told.
            if victim != .command, isAtWork { kill(process.number, SIGKILL) }
            if victim != .worker { try create.end(SIGKILL) }
            let isOver = try wait { try !process.isAlive && (create.hasEnded || create.poll() != nil) }
            let isUnloaded = try wait { KernelPrograms.count(of: process.number) == 0 }
            #expect(isOver && isUnloaded, "\(victim), \(step)")
            #expect(writer.goesOn(within: 5), "\(victim), \(step)")
            for snapshot in try program.list() where !known.contains(snapshot.id) {
                let hasFailed = snapshot.state == "error" && snapshot.stateMessage?.isEmpty == false
                #expect(hasFailed || snapshot.state == "completed", "\(victim), \(step): \(snapshot)")
                if snapshot.state == "completed" { #expect(try program.verifies(snapshot.id)) }
                // Without its command, a worker gives up, unless the point in time is secured already.
                return isAtWork && (hasFailed || victim == .command)
            }
            return false
        }

        private func has(_ step: Step, _ worker: ProcessIdentity, _ log: LogTail) throws -> Bool {
            switch step {
            case .tracking: KernelPrograms.count(of: worker.number) > 0
            default: try log.read().contains(step.rawValue)
            }
        }
    }
}

/// What a program has written to its log since this was made.
private struct LogTail {
    private let path: FilePath
    private let start: Int

    init(of program: Program) throws {
        path = program.root.appending("log").appending("snapctl.log")
        start = try File.read(path, upTo: byteLimit).count
    }

    func read() throws -> String {
        String(decoding: try File.read(path, upTo: byteLimit).dropFirst(start), as: UTF8.self)
    }

    private let byteLimit = 16 << 20
}
