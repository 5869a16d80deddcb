import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// Volumes of every awkward size, and what they cost.
    @Suite struct Sizes {
        @Test func imageFilesOfAnyLength() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let sizes = [1, 511, 512, 513, 4095, 4096, 4097, 524_287, 524_288, 524_289, 3 << 20 + 123]
                for byteCount in sizes {
                    let image = try directory.volume("image-\(byteCount)", byteCount: byteCount)
                    let snapshot = try program.create(image)
                    #expect(snapshot.own.volumeByteCount == byteCount && snapshot.volumeSize == 1)
                    #expect(try program.holds(snapshot.id, image, in: directory), "\(byteCount) bytes")
                    let outcome = try program.verify(snapshot.id, "--against", image.string)
                    #expect(
                        outcome.status == 0 && outcome.report.differing?.isEmpty == true,
                        "\(byteCount) bytes"
                    )
                }
            }
        }

        @Test(arguments: [512, 4096]) func devicesOfBothSectorSizes(_ sectorByteCount: Int) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                // As many sectors as make no whole block.
                let byteCount = 5 << 20 + 3 * 4096
                let image = try directory.volume("image", byteCount: byteCount)
                let empty = try directory.sparseFile("empty", byteCount: byteCount)
                let options = LoopDevice.Options(sectorByteCount: sectorByteCount)
                try LoopDevice.with(over: image, options) { source in
                    let snapshot = try program.create(source.path)
                    try LoopDevice.with(over: empty, options) {
                        try program.restore(snapshot.id, to: $0.path)
                    }
                    #expect(try areEqual(empty, image))
                    #expect(try program.verify(snapshot.id, "--against", source.path.string).status == 0)
                }
            }
        }

        @Test func aLargerTargetKeepsItsEnd() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let byteCount = 1 << 20 + 512
                let image = try directory.volume("image", byteCount: byteCount)
                let target = try directory.volume("target", byteCount: 4 << 20)
                let before = try File.bytes(of: target, 2 << 20, at: byteCount)
                let snapshot = try program.create(image)
                try LoopDevice.with(over: target) { try program.restore(snapshot.id, to: $0.path) }
                #expect(try areEqual(target, image, byteCount: byteCount))
                #expect(try File.bytes(of: target, 2 << 20, at: byteCount) == before)
            }
        }

        @Test func aVolumeOfZeros() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.sparseFile("image", byteCount: 40 << 20)
                try LoopDevice.with(over: image) { loop in
                    let snapshot = try program.create(loop.path)
                    #expect(snapshot.newByteCount == 0 && snapshot.fullByteCount == 0)
                    #expect(try program.verifies(snapshot.id))
                    let target = try directory.volume("target", byteCount: 40 << 20)
                    try LoopDevice.with(over: target) { try program.restore(snapshot.id, to: $0.path) }
                    #expect(try areEqual(target, image), "zeros are written, never assumed")
                    #expect(try program.holds(snapshot.id, image, in: directory))
                }
            }
        }

        @Test func holesCostNothing() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.sparseFile("image", byteCount: 64 << 30)
                for (seed, offset) in [(1, 0), (2, 31 << 30 + 777), (3, 64 << 30 - 4096)] {
                    try File.overwrite(image, SeededRandom.bytes(4096, seed: UInt64(seed)), at: offset)
                }
                let watch = Stopwatch()
                let snapshot = try program.create(image)
                #expect(snapshot.volumeSize == 64 && snapshot.newByteCount == 3 * blockByteCount)
                #expect(try program.storedByteCount() < 1 << 20)
                #expect(try program.verify(snapshot.id, "--against", image.string).status == 0)
                let target = directory.appending("target")
                try program.restore(snapshot.id, to: target)
                #expect(try FileStatus(of: target).byteCount == 64 << 30)
                #expect(try FileStatus(of: target).allocatedByteCount < 8 << 20, "the file is sparse")
                #expect(try program.verify(snapshot.id, "--against", target.string).status == 0)
                #expect(watch.elapsed < .seconds(30))
            }
        }

        @Test func aPartition() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let disk = try directory.sparseFile("disk", byteCount: 24 << 20)
                try Command.check("sfdisk", "-q", disk.string, input: "label: gpt\nsize=8MiB\nsize=4MiB\n")
                let first = try LoopDevice.with(over: disk, .init(hasPartitions: true)) { loop in
                    try scramble(loop.partition(2), 3 << 20)
                    let snapshot = try program.create(loop.partition(2))
                    #expect(snapshot.own.volumeByteCount == 4 << 20)
                    #expect(try program.holds(snapshot.id, loop.partition(2), in: directory))
                    #expect(try program.create(loop.partition(1)).volume != snapshot.volume)
                    #expect(try program.create(loop.path).volume != snapshot.volume)
                    return snapshot
                }
                // Whatever number the loop device has next time.
                try LoopDevice.with(over: try directory.sparseFile("other", byteCount: 1 << 20)) { _ in
                    try LoopDevice.with(over: disk, .init(hasPartitions: true)) { loop in
                        let again = try program.create(loop.partition(2))
                        #expect(again.volume == first.volume && again.newByteCount == 0)
                    }
                }
            }
        }

        @Test func anImageFileIsTheVolumeThatItsLoopDeviceShows() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 3 << 20)
                let first = try program.create(image)
                let second = try LoopDevice.with(over: image) { try program.create($0.path) }
                #expect(second.volume == first.volume && second.newByteCount == 0)
                let moved = directory.appending("moved")
                try File.rename(image, to: moved)
                #expect(try program.create(moved).volume == first.volume)
            }
        }
    }
}
