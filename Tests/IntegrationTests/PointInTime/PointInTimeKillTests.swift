import Glibc
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// kill -9 and SIGSTOP of whoever takes part in a point in time, while the filesystem is frozen: everybody can write
    /// again in time, and the next command leaves nothing behind. A hundred times in all.
    @Suite struct PointInTimeKills {
        struct Scene: Sendable, CustomTestStringConvertible {
            var method: ConsistencyMethod
            var kind: MountedFilesystem.Kind
            var host: MountedFilesystem.Kind?
            /// What makes the reading, and so the freeze, take its time.
            var filledByteCount: Int
            /// Blows that fall on a frozen filesystem.
            var hitCount = 34

            var testDescription: String { "\(method.rawValue), \(kind) on \(host.map { "\($0)" } ?? "a plain disk")" }
        }

        static let scenes = [
            Scene(method: .freeze, kind: .ext4, host: nil, filledByteCount: 48 << 20),
            Scene(method: .freeze, kind: .xfs, host: nil, filledByteCount: 48 << 20),
            Scene(method: .clone, kind: .ext4, host: .xfs, filledByteCount: 24 << 20),
            // All its other deaths are for `LiveKills`.
            Scene(method: .live, kind: .ext4, host: nil, filledByteCount: 24 << 20, hitCount: 14),
        ]

        /// Each in its turn.
        private static let blows: [FreezingCreate.Blow] = [
            .init(victim: .command, signal: SIGKILL), .init(victim: .worker, signal: SIGKILL),
            .init(victim: .freezer, signal: SIGKILL), .init(victim: .workerAndFreezer, signal: SIGKILL),
            .init(victim: .worker, signal: SIGSTOP), .init(victim: .freezer, signal: SIGSTOP),
            .init(victim: .command, signal: SIGSTOP),
        ]

        /// Some fall before the freeze or after it.
        private static let attemptLimit = 90

        @Test(arguments: scenes)
        func holdNobodyUp(_ scene: Scene) throws {
            let seed = UInt64.random(in: 0...9_999_999)
            print("kills under a freeze (\(scene.testDescription)): seed \(seed)")
            try ScratchDirectory.with { directory in
                try Place.with(scene.kind, on: scene.host, in: directory) { place in
                    try scramble(place.mountPoint.appending("much"), scene.filledByteCount)
                    try SteadyWriter.with(place.mountPoint) { writer in
                        // Whoever waits for the writer would wait for ever.
                        defer { _ = try? Command.run(["fsfreeze", "-u", place.mountPoint.string]) }
                        var rounds = try KillRounds(
                            Program(in: directory), scene.method, place, writer, directory, seed: seed)
                        var attemptCount = 0
                        while rounds.hitCount < scene.hitCount, attemptCount < Self.attemptLimit {
                            attemptCount += 1
                            try rounds.carryOut(Self.blows[attemptCount % Self.blows.count])
                            if attemptCount.isMultiple(of: 12) { try rounds.complete() }
                        }
                        let id = try rounds.complete()
                        rounds.tell()
                        #expect(rounds.hitCount >= scene.hitCount, "blows that fell on a frozen filesystem")
                        try RestoredImage.with(id, of: scene.kind, by: rounds.program, in: directory) { _ in }
                    }
                }
            }
        }
    }
}
