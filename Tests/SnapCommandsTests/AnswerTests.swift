import ArgumentParser
import SnapEngine
import SnapModel
import Testing

@testable import SnapCommands

@Suite struct AnswerTests {
    private static let size = Samples.volume.byteCount

    @Test(arguments: OutputFormat.allCases)
    func `snapshots are printed as ever`(format: OutputFormat) throws {
        try Golden.expect(
            SnapshotAnswer(snapshot: try Samples.completed()).printed(as: format),
            "create.\(format)"
        )
        try Golden.expect(try Samples.list().printed(as: format), "list.\(format)")
        try Golden.expect(SnapshotListAnswer(snapshots: []).printed(as: format), "list-empty.\(format)")
    }

    @Test(arguments: OutputFormat.allCases)
    func `outcomes are printed as ever`(format: OutputFormat) throws {
        let damaged = ImageOutcome(
            snapshot: try Samples.completed(),
            checkedByteCount: 3 << 30,
            damaged: [ByteExtent(offset: 524_288, byteCount: 1_048_576)],
            explanations: ["block 1: SHA-256 differs"],
            differing: [ByteExtent(offset: 0, byteCount: 512)]
        )
        let good = ImageOutcome(snapshot: try Samples.completed(), checkedByteCount: 3 << 30)
        let changed = (0..<45).map { ByteExtent(offset: $0 << 20, byteCount: 524_288) }
        let difference = DifferenceOutcome(
            first: try Samples.completed(),
            second: try Samples.failed(),
            changed: changed,
            changedBlockCount: 45
        )
        var rebuild = RebuildOutcome()
        rebuild.snapshotCount = 1
        rebuild.packCount = 2
        rebuild.damagedPacks = ["packs/ab/x.pack: footer checksum"]
        let line = BenchmarkLine(name: "SHA-256", threadCount: 2, byteCount: 3 << 30, seconds: 2)

        try Golden.expect(
            RestoreAnswer(outcome: damaged, target: "/dev/vdc").printed(as: format),
            "restore.\(format)"
        )
        try Golden.expect(
            VerifyAnswer(outcome: damaged, volume: "/dev/vdb").printed(as: format),
            "verify.\(format)"
        )
        try Golden.expect(VerifyAnswer(outcome: good, volume: nil).printed(as: format), "verify-ok.\(format)")
        try Golden.expect(DifferenceAnswer(outcome: difference).printed(as: format), "diff.\(format)")
        try Golden.expect(RebuildAnswer(outcome: rebuild).printed(as: format), "rebuild.\(format)")
        try Golden.expect(BenchmarkAnswer(lines: [line]).printed(as: format), "benchmark.\(format)")
    }

    @Test func `StateMessage is in lists only`() throws {
        let failed = try Samples.failed()
        #expect(!SnapshotAnswer(snapshot: failed).printed(as: .json).contains("StateMessage"))
        #expect(SnapshotListAnswer(snapshots: [failed]).printed(as: .json).contains("StateMessage"))
    }

    @Test func `progress says 100% of completed snapshots only`() throws {
        for state in [SnapshotState.pending, .error] {
            for byteCount in [1, 4 << 30, Self.size - 1, Self.size, Self.size + 1, .max] {
                var snapshot = try Samples.pending(processedByteCount: byteCount)
                snapshot.state = state
                let progress = SnapshotFields.progress(of: snapshot)
                #expect(progress != "100%" && progress.hasSuffix("%"))
            }
        }
        #expect(SnapshotFields.progress(of: try Samples.pending()) == "")
        #expect(SnapshotFields.progress(of: try Samples.pending(processedByteCount: 4 << 30)) == "50%")
        #expect(SnapshotFields.progress(of: try Samples.completed()) == "100%")
    }

    @Test func `VolumeSize is in GiB, rounded up, at least 1`() {
        let gibibyte = 1_073_741_824
        for gibibytes in [1, 2, 8, 65_536] {
            #expect(Gibibytes.roundedUp(gibibytes * gibibyte - 1) == gibibytes)
            #expect(Gibibytes.roundedUp(gibibytes * gibibyte) == gibibytes)
            #expect(Gibibytes.roundedUp(gibibytes * gibibyte + 1) == gibibytes + 1)
        }
        #expect(Gibibytes.roundedUp(0) == 1 && Gibibytes.roundedUp(1) == 1)
        #expect(Gibibytes.roundedUp(.max) == 8_589_934_592)
    }

    /// Printed, for a machine that is busy proves nothing.
    @Test func `ten thousand snapshots`() throws {
        let answer = SnapshotListAnswer(snapshots: Array(repeating: try Samples.completed(), count: 10_000))
        for format in OutputFormat.allCases {
            var byteCount = 0
            let time = ContinuousClock().measure { byteCount = answer.printed(as: format).utf8.count }
            print("10,000 snapshots as \(format): \(byteCount) bytes in \(time)")
            #expect(byteCount > 1_000_000)
        }
    }
}
