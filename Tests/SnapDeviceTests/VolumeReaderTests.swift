import Foundation
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapDevice

extension Devices {
    @Suite struct Reading {
        @Test(arguments: [1, 511, 512, 4_097, 524_287, 524_288, 524_289, 3_000_001])
        func filesOfAnySize(byteCount: Int) throws {
            let bytes = SeededRandom.bytes(byteCount, seed: UInt64(byteCount))
            try ScratchDirectory.with { directory in
                let path = try directory.file("image", bytes)
                for claiming in [false, true] {
                    let reader = try open(path, claiming: claiming)
                    #expect(reader.byteCount == byteCount && reader.logicalSectorByteCount == 512)
                    #expect(try readAll(reader) == bytes)
                    try reader.confirmUnchanged()
                    reader.close()
                }
            }
        }

        @Test(arguments: [0, 512, 4_096, 1 << 20, 700_001], [1, 4_096, 524_289, 2 << 20])
        func partOfAFile(offset: Int, byteCount: Int) throws {
            let bytes = SeededRandom.bytes(3 << 20, seed: 6)
            try ScratchDirectory.with { directory in
                let facts = try VolumeFacts.inspect(try directory.file("image", bytes))
                let window = ByteExtent(offset: offset, byteCount: byteCount)
                let reader = try VolumeReader(opening: facts, claiming: false, window: window)
                #expect(reader.byteCount == byteCount)
                #expect(try readAll(reader) == Array(bytes[offset..<window.end]))
                let error = deviceError {
                    let tooLong = ByteExtent(offset: offset, byteCount: (3 << 20) - offset + 1)
                    _ = try VolumeReader(opening: facts, claiming: false, window: tooLong)
                }
                #expect(error?.code == .shrank)
            }
        }

        @Test func partOfAFileWithHoles() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 8 << 20)
                for offset in [0, 3 << 20, 6 << 20] { try File.overwrite(image, [1], at: offset) }
                let window = ByteExtent(offset: 1 << 20, byteCount: 4 << 20)
                let reader = try VolumeReader(opening: try VolumeFacts.inspect(image), claiming: false, window: window)
                let data = try reader.nextData(from: 0)
                #expect(data?.offset == 2 << 20 && (data?.end ?? 0) < window.byteCount)
                #expect(try reader.nextData(from: data?.end ?? 0) == nil)
                try OwnedDescriptor(opening: image, .writeOnly).resize(to: 4 << 20)
                #expect(deviceError { _ = try readAll(reader) }?.code == .shrank)
            }
        }

        @Test(arguments: [512, 4_096], [4_096, 524_288, 524_288 + 4_096, 3 << 20])
        func devices(sectorByteCount: Int, byteCount: Int) throws {
            let bytes = SeededRandom.bytes(byteCount, seed: 7)
            try ScratchDirectory.with { directory in
                let image = try directory.file("image", bytes)
                try LoopDevice.with(over: image, .init(sectorByteCount: sectorByteCount)) { loop in
                    let reader = try open(loop.path)
                    #expect(reader.byteCount == byteCount && reader.logicalSectorByteCount == sectorByteCount)
                    #expect(try readAll(reader) == bytes)
                    #expect(try reader.nextData(from: 512) == ByteExtent(offset: 512, byteCount: byteCount - 512))
                    #expect(try reader.nextData(from: byteCount) == nil)
                    try reader.confirmUnchanged()
                }
            }
        }

        @Test func aDeviceThatIsNoMultipleOfItsSector() throws {
            let bytes = SeededRandom.bytes(3 * 4_096 + 1_536, seed: 8)
            try ScratchDirectory.with { directory in
                let image = try directory.file("image", bytes)
                let all = try LoopDevice.with(over: image) { try readAll(try open($0.path)) }
                #expect(all == bytes)
                // With 4,096-byte sectors nobody can read the last: the reader must say so, or have its bytes.
                try LoopDevice.with(over: image, .init(sectorByteCount: 4_096)) { loop in
                    let reader = try open(loop.path)
                    let error = deviceError {
                        let all = try readAll(reader)
                        #expect(all == bytes)
                    }
                    if let error {
                        #expect(error.code == .readFailed)
                        #expect(error.unreadable == [ByteExtent(offset: 12_288, byteCount: 1_536)])
                    }
                }
            }
        }

        @Test func severalThreadsShareAReader() throws {
            let bytes = SeededRandom.bytes(16 << 20, seed: 9)
            try ScratchDirectory.with { directory in
                let image = try directory.file("image", bytes)
                try LoopDevice.with(over: image) { loop in
                    let reader = try open(loop.path)
                    let failure = FirstFailure<DeviceError>()
                    let workers = WorkerGroup()
                    workers.start("read", count: 4) { worker in
                        guard let buffer = try? AlignedBuffer(byteCount: BlockGeometry.byteCount) else { return }
                        for block in stride(from: worker, to: 32, by: 4) {
                            do throws(DeviceError) {
                                let offset = block * BlockGeometry.byteCount
                                try reader.read(into: buffer, range: 0..<BlockGeometry.byteCount, at: offset)
                                let expected = Array(bytes[offset..<(offset + BlockGeometry.byteCount)])
                                if buffer.copyBytes(0..<BlockGeometry.byteCount) != expected {
                                    failure.record(DeviceError(.changedWhileRead, loop.path, "differs at \(offset)"))
                                }
                            } catch {
                                failure.record(error)
                            }
                        }
                    }
                    workers.wait()
                    try failure.rethrow()
                }
            }
        }

        @Test func unalignedRangesOfABuffer() throws {
            let bytes = SeededRandom.bytes(100_000, seed: 10)
            try ScratchDirectory.with { directory in
                let reader = try open(try directory.file("image", bytes))
                let buffer = try AlignedBuffer(byteCount: 65_536)
                try reader.read(into: buffer, range: 3..<5_003, at: 77)
                #expect(buffer.copyBytes(3..<5_003) == Array(bytes[77..<5_077]))
                try reader.read(into: buffer, range: 0..<8_192, at: 100_000)
                #expect(buffer.copyBytes(0..<8_192).allSatisfy { $0 == 0 })
            }
        }

        /// /dev/shm refused O_DIRECT for most of its life, and has holes.
        @Test func filesystemsInMemory() throws {
            let path = FilePath("/dev/shm/snapctl-test-\(getpid())")
            defer { try? File.remove(path) }
            let bytes = SeededRandom.bytes(1_000_001, seed: 11)
            let file = try OwnedDescriptor(opening: path, .writeOnly, options: .create)
            try file.write(bytes, at: 0)
            try file.close()
            #expect(try readAll(try open(path)) == bytes)
        }

        @Test func holes() throws {
            try ScratchDirectory.with { directory in
                let path = try directory.sparseFile("image", byteCount: 64 << 20)
                try File.overwrite(path, [UInt8](repeating: 1, count: 65_536), at: 1 << 20)
                try File.overwrite(path, [UInt8](repeating: 2, count: 65_536), at: 32 << 20)
                let reader = try open(path)
                var (offset, found) = (0, [ByteExtent]())
                while let extent = try reader.nextData(from: offset) {
                    found.append(extent)
                    offset = extent.end
                }
                #expect(found == [1 << 20, 32 << 20].map { ByteExtent(offset: $0, byteCount: 65_536) })
                #expect(try reader.nextData(from: (1 << 20) + 5)?.offset == (1 << 20) + 5)
                #expect(try reader.nextData(from: 33 << 20) == nil)
            }
        }

        @Test func emptyFilesAreRefused() throws {
            try ScratchDirectory.with { directory in
                let path = try directory.file("image", [])
                #expect(openingError(path)?.code == .emptyVolume)
            }
        }

        @Test(arguments: [512, 4_096], [false, true])
        func aTruncatedBackingFileGivesTheExactRange(sectorByteCount: Int, direct: Bool) throws {
            let (byteCount, left) = (4 << 20, 1_234_944)
            try ScratchDirectory.with { directory in
                let image = try directory.file("image", SeededRandom.bytes(byteCount, seed: 12))
                try LoopDevice.with(over: image, .init(sectorByteCount: sectorByteCount, usesDirectIO: direct)) {
                    loop in
                    let reader = try open(loop.path)
                    try OwnedDescriptor(opening: image, .readWrite).resize(to: left)
                    let error = deviceError { _ = try readAll(reader) }
                    #expect(error?.code == .readFailed)
                    let start = left / sectorByteCount * sectorByteCount
                    #expect(error?.unreadable == [ByteExtent(offset: start, byteCount: byteCount - start)])
                    #expect(error?.description.contains("bytes \(start)–\(byteCount - 1)") == true)
                    // What lies before is still read.
                    let buffer = try AlignedBuffer(byteCount: BlockGeometry.byteCount)
                    try reader.read(into: buffer, range: 0..<BlockGeometry.byteCount, at: 0)
                }
            }
        }

        @Test func aFileThatShrinks() throws {
            try ScratchDirectory.with { directory in
                let path = try directory.file("image", SeededRandom.bytes(3 << 20, seed: 13))
                // Not claimed: truncating a leased file would wait for the lease.
                let reader = try open(path, claiming: false)
                try OwnedDescriptor(opening: path, .readWrite).resize(to: 1 << 20)
                #expect(deviceError { _ = try readAll(reader) }?.code == .shrank)
                #expect(deviceError { _ = try reader.nextData(from: 2 << 20) }?.code == .shrank)
                try reader.confirmUnchanged()
            }
        }

        @Test func aDeviceThatShrinks() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.file("image", SeededRandom.bytes(3 << 20, seed: 14))
                try LoopDevice.with(over: image) { loop in
                    let reader = try open(loop.path)
                    try OwnedDescriptor(opening: image, .readWrite).resize(to: 1 << 20)
                    try Command.check("losetup", "-c", loop.path.string)
                    let error = deviceError { _ = try readAll(reader) }
                    #expect(error?.code == .shrank)
                    #expect(deviceError { try reader.confirmUnchanged() }?.code == .changedWhileRead)
                }
            }
        }

        @Test func readsFailAfterClose() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.file("image", SeededRandom.bytes(1 << 20, seed: 15))
                try LoopDevice.with(over: image) { loop in
                    let reader = try open(loop.path)
                    reader.close()
                    let buffer = try AlignedBuffer(byteCount: 4_096)
                    #expect(deviceError { try reader.read(into: buffer, range: 0..<4_096, at: 0) } != nil)
                    // The claim is gone.
                    _ = try open(loop.path)
                }
            }
        }
    }
}
