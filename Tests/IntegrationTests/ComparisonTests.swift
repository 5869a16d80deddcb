import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// `verify --against` and `diff` name exactly what was changed.
    @Suite struct Comparisons {
        @Test func withAChangedVolume() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 16 << 20)
                // A part of zeros, so that changes of both kinds come.
                try Command.check(
                    "fallocate",
                    "--punch-hole",
                    "-o",
                    String(4 << 20),
                    "-l",
                    String(4 << 20),
                    image.string
                )
                let snapshot = try program.create(image)
                let same = try program.verify(snapshot.id, "--against", image.string)
                #expect(same.status == 0 && same.report.result == "ok")
                for place in [0, 3 * blockByteCount + 8192, 5 << 20 + 4096, 16 << 20 - 4096] {
                    let byte = try File.bytes(of: image, 1, at: place + 7)
                    try File.overwrite(image, [byte[0] ^ 1], at: place + 7)
                }
                // Over the border of two blocks, and contents that became a hole.
                try scramble(image, 8192, at: 20 * blockByteCount - 4096)
                try Command.check(
                    "fallocate",
                    "--punch-hole",
                    "-o",
                    String(12 << 20),
                    "-l",
                    String(1 << 20),
                    image.string
                )
                let expected = [
                    RangeFields(0, 4096), RangeFields(3 * blockByteCount + 8192, 4096),
                    RangeFields(5 << 20 + 4096, 4096),
                    RangeFields(20 * blockByteCount - 4096, 8192), RangeFields(12 << 20, 1 << 20),
                    RangeFields(16 << 20 - 4096, 4096),
                ]
                let outcome = try program.verify(snapshot.id, "--against", image.string)
                #expect(outcome.status == 1 && outcome.report.result == "different")
                #expect(outcome.report.differing == expected)
                try LoopDevice.with(over: image) { loop in
                    let outcome = try program.verify(snapshot.id, "--against", loop.path.string)
                    #expect(outcome.report.differing == expected)
                }
                try diff(program, snapshot, try program.create(image), expected)
            }
        }

        /// Whole blocks, joined.
        private func diff(
            _ program: Program,
            _ first: SnapshotFields,
            _ second: SnapshotFields,
            _ ranges: [RangeFields]
        ) throws {
            let blocks = ranges.flatMap {
                $0.offset / blockByteCount...($0.offset + $0.byteCount - 1) / blockByteCount
            }
            let outcome = try program.diff(first.id, second.id)
            #expect(outcome.status == 1 && outcome.report.changedBlockCount == Set(blocks).count)
            let changed = outcome.report.changed.flatMap {
                Array($0.offset / blockByteCount..<($0.offset + $0.byteCount) / blockByteCount)
            }
            #expect(changed == Set(blocks).sorted())
        }

        @Test func ofAnotherLength() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 3 << 20)
                let short = try program.create(image)
                try Command.check("truncate", "-s", String(3 << 20 + 100), image.string)
                try File.overwrite(image, [1], at: 3 << 20 + 50)
                let range = RangeFields(3 << 20, 100)
                #expect(try program.verify(short.id, "--against", image.string).report.differing == [range])
                let long = try program.create(image)
                #expect(long.volume == short.volume && long.newByteCount == blockByteCount)
                #expect(try program.diff(short.id, long.id).report.changed == [range])
                try Command.check("truncate", "-s", String(2 << 20), image.string)
                let outcome = try program.verify(long.id, "--against", image.string)
                #expect(
                    outcome.status == 1 && outcome.report.differing == [RangeFields(2 << 20, 1 << 20 + 100)]
                )
            }
        }

        @Test func withAVolumeInUse() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                try MountedFilesystem.with(.ext4, in: directory) { filesystem in
                    let device = filesystem.device.string
                    let snapshot = try program.create(filesystem.device, "--consistency", "none")
                    expectRefusal(
                        try program.run("verify", snapshot.id, "--against", device),
                        20,
                        filesystem.path.string
                    )
                    let outcome = try program.verify(
                        snapshot.id,
                        "--against",
                        device,
                        "--consistency",
                        "none"
                    )
                    #expect(outcome.status <= 1)
                }
            }
        }
    }
}
