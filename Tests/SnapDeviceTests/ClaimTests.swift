import Foundation
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapDevice

extension Devices {
    @Suite struct Claims {
        @Test func aFileOpenForWritingIsRefused() throws {
            try ScratchDirectory.with { directory in
                let path = try directory.file("image", SeededRandom.bytes(10_000, seed: 1))
                let writer = try OwnedDescriptor(opening: path, .writeOnly)
                let error = openingError(path)
                #expect(error?.code == .inUse)
                #expect(error?.description.contains("process \(getpid())") == true)
                #expect(error?.description.contains("--consistency none") == true)
                _ = try open(path, claiming: false)
                try writer.close()
                _ = try open(path)
            }
        }

        @Test func aFileThatIsOpenedForWritingMeanwhile() throws {
            try ScratchDirectory.with { directory in
                let path = try directory.file("image", SeededRandom.bytes(10_000, seed: 2))
                let reader = try open(path)
                try reader.confirmUnchanged()
                // Does not wait for the lease, but breaks it.
                #expect(throws: SystemError.self) {
                    _ = try OwnedDescriptor(opening: path, .writeOnly, options: .nonBlocking)
                }
                #expect(deviceError { try reader.confirmUnchanged() }?.code == .changedWhileRead)
                reader.close()
                try File.overwrite(path, [1], at: 0)
            }
        }

        @Test func aFileUnderALoopDeviceIsRefused() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.file("image", SeededRandom.bytes(1 << 20, seed: 3))
                for isReadOnly in [false, true] {
                    try LoopDevice.with(over: image, .init(isReadOnly: isReadOnly)) { loop in
                        let error = openingError(image)
                        #expect(error?.code == .inUse && error?.description.contains(loop.path.string) == true)
                        let uses = try VolumeFacts.inspect(image).uses
                        #expect(uses == [.loop(device: loop.path.string)])
                    }
                }
                _ = try open(image)
            }
        }

        @Test func aClaimedDeviceIsRefused() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 1 << 20)
                try LoopDevice.with(over: image) { loop in
                    let first = try open(loop.path)
                    let error = openingError(loop.path)
                    #expect(error?.code == .inUse)
                    #expect(error?.description.contains("process \(getpid())") == true)
                    _ = try open(loop.path, claiming: false)
                    first.close()
                    _ = try open(loop.path)
                }
            }
        }

        @Test func aClaimKeepsMountsOut() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 32 << 20)
                try MountedFilesystem.make(.ext4, on: image)
                try LoopDevice.with(over: image) { loop in
                    let reader = try open(loop.path)
                    let place = try directory.folder("place")
                    #expect(try Command.run(["mount", loop.path.string, place.string]).status != 0)
                    try reader.confirmUnchanged()
                }
            }
        }

        @Test func aWriteWithoutAClaimIsNoticed() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 1 << 20)
                try LoopDevice.with(over: image) { loop in
                    let reader = try open(loop.path)
                    _ = try readAll(reader)
                    try reader.confirmUnchanged()
                    // A flush is a write request without sectors, and changes nothing.
                    try OwnedDescriptor(opening: loop.path, .readOnly).synchronise()
                    try reader.confirmUnchanged()
                    try File.overwrite(loop.path, SeededRandom.bytes(4_096, seed: 4), at: 0)
                    #expect(deviceError { try reader.confirmUnchanged() }?.code == .changedWhileRead)
                }
            }
        }

        @Test func whatIsInThePageCacheIsRead() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 1 << 20)
                try LoopDevice.with(over: image) { loop in
                    let bytes = SeededRandom.bytes(8_192, seed: 5)
                    let dirty = try OwnedDescriptor(opening: loop.path, .readWrite)
                    try dirty.write(bytes, at: 4_096)
                    let reader = try open(loop.path)
                    #expect(Array(try readAll(reader)[4_096..<12_288]) == bytes)
                    try reader.confirmUnchanged()
                }
            }
        }

        @Test(arguments: MountedFilesystem.Kind.allCases)
        func aMountedDeviceIsRefused(kind: MountedFilesystem.Kind) throws {
            try ScratchDirectory.with { directory in
                try MountedFilesystem.with(kind, in: directory, name: "a mount") { mounted in
                    let facts = try VolumeFacts.inspect(mounted.device)
                    #expect(facts.uses == [.mounted(device: facts.deviceName ?? "", at: mounted.path.string)])
                    let error = openingError(mounted.device)
                    #expect(error?.code == .inUse)
                    #expect(error?.description.contains("mounted at \(mounted.path.string);") == true)
                    // So is the image, by the loop device and its mount.
                    #expect(try VolumeFacts.inspect(directory.appending("a mount.image")).uses.count == 2)
                    // Without a claim it is read.
                    let reader = try open(mounted.device, claiming: false)
                    try reader.read(into: try AlignedBuffer(byteCount: 4_096), range: 0..<4_096, at: 0)
                    try reader.confirmUnchanged()
                }
            }
        }

        @Test func aDiskWithAMountedPartitionIsRefused() throws {
            try ScratchDirectory.with { directory in
                try withPartitions(directory) { loop in
                    try MountedFilesystem.make(.ext4, on: loop.partition(1))
                    try MountedFilesystem.with(loop.partition(1), at: try directory.folder("place")) { mounted in
                        let error = openingError(loop.path)
                        #expect(error?.code == .inUse)
                        let name = loop.partition(1).lastComponent?.string ?? ""
                        #expect(error?.description.contains("\(name) is mounted at \(mounted.path.string)") == true)
                        #expect(openingError(loop.partition(1))?.code == .inUse)
                        // The other partition is at rest.
                        let reader = try open(loop.partition(2))
                        #expect(reader.byteCount == 8 << 20)
                        #expect(reader.facts.partition?.startByte == 17 << 20)
                    }
                }
            }
        }

        @Test func aDiskIsNotClaimedTogetherWithItsPartition() throws {
            try ScratchDirectory.with { directory in
                try withPartitions(directory) { loop in
                    let partition = try open(loop.partition(1))
                    let error = openingError(loop.path)
                    #expect(error?.code == .inUse && error?.description.contains("process \(getpid())") == true)
                    partition.close()
                    _ = try open(loop.path)
                }
            }
        }

        @Test func swapIsRefused() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 16 << 20)
                try LoopDevice.with(over: image) { loop in
                    try Command.check("mkswap", loop.path.string)
                    let outcome = try Command.run(["swapon", loop.path.string])
                    // The table itself is tested from text.
                    guard outcome.status == 0 else { try Test.cancel("no swap in this kernel or container") }
                    defer { _ = try? Command.run(["swapoff", loop.path.string]) }
                    let error = openingError(loop.path)
                    #expect(error?.code == .inUse && error?.description.contains("active as swap") == true)
                }
            }
        }

        @Test func anotherLoopDeviceOverTheSameBytesCounts() throws {
            try ScratchDirectory.with { directory in
                try MountedFilesystem.with(.ext4, in: directory, name: "m") { mounted in
                    try LoopDevice.with(over: directory.appending("m.image"), .init(isReadOnly: true)) { twin in
                        let error = openingError(twin.path)
                        #expect(error?.code == .inUse && error?.description.contains(mounted.path.string) == true)
                    }
                }
            }
        }

        @Test func whatIsNoVolume() throws {
            try ScratchDirectory.with { directory in
                #expect(openingError(directory.path)?.code == .isDirectory)
                #expect(openingError(directory.appending("none"))?.code == .noSuchPath)
                #expect(openingError("/dev/null")?.code == .notAVolume)
                let pipe = directory.appending("pipe")
                try Command.check("mkfifo", pipe.string)
                #expect(openingError(pipe)?.code == .notAVolume)
                let node = directory.appending("node")
                try Command.check("mknod", node.string, "b", "240", "77")
                #expect(openingError(node)?.code == .notAVolume)
            }
        }
    }
}

/// Lends a loop device with two partitions: 16 MiB from 1 MiB, and 8 MiB from 17 MiB.
func withPartitions(_ directory: ScratchDirectory, _ body: (LoopDevice) throws -> Void) throws {
    let image = try directory.sparseFile("disk", byteCount: 32 << 20)
    try Command.check(
        "sfdisk", "-q", image.string, input: "label: gpt\nstart=1MiB, size=16MiB\nstart=17MiB, size=8MiB\n")
    try LoopDevice.with(over: image, .init(hasPartitions: true), body)
}
