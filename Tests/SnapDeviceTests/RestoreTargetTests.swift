import Foundation
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapDevice

extension Devices {
    @Suite struct Restoring {
        private func openTarget(
            _ path: FilePath, _ byteCount: Int, force: Bool = false, protecting: [FilePath] = []
        ) throws -> RestoreTarget {
            try RestoreTarget.open(path, imageByteCount: byteCount, force: force, protecting: protecting)
        }

        /// Why it cannot be opened.
        private func refusal(
            _ path: FilePath, _ byteCount: Int, force: Bool = false, protecting: [FilePath] = []
        ) -> DeviceError? {
            deviceError { _ = try openTarget(path, byteCount, force: force, protecting: protecting) }
        }

        /// Data, a whole block of zeros, and data to the end.
        private func image(_ byteCount: Int) -> [UInt8] {
            var bytes = SeededRandom.bytes(byteCount, seed: UInt64(byteCount))
            let zeros = BlockGeometry.byteCount..<(2 * BlockGeometry.byteCount)
            if byteCount > zeros.upperBound {
                bytes.replaceSubrange(zeros, with: [UInt8](repeating: 0, count: zeros.count))
            }
            return bytes
        }

        // MARK: - Files

        @Test(arguments: [1, 511, 4_096, 4_097, 524_287, 524_288, 524_289, 3_000_001])
        func filesOfAnySize(byteCount: Int) throws {
            try ScratchDirectory.with { directory in
                let (path, bytes) = (directory.appending("image"), image(byteCount))
                let target = try openTarget(path, byteCount)
                #expect(!File.exists(path))
                try restore(bytes, to: target)
                try target.commit()
                #expect(try File.bytes(of: path, byteCount + 1) == bytes)
                #expect(try Directory.names(in: directory.path) == ["image"])
                // Nobody else is kept out any more.
                _ = try open(path)
            }
        }

        @Test func filesAreSparse() throws {
            try ScratchDirectory.with { directory in
                let path = directory.appending("image")
                let target = try openTarget(path, 64 << 20)
                try target.writeZeros(ByteExtent(offset: 0, byteCount: 64 << 20))
                try target.commit()
                let status = try FileStatus(of: path)
                #expect(status.byteCount == 64 << 20 && status.allocatedByteCount < 1 << 20)
            }
        }

        @Test func anAbandonedFileLeavesNothing() throws {
            try ScratchDirectory.with { directory in
                let path = directory.appending("image")
                do {
                    let target = try openTarget(path, 4_096)
                    try restore(image(4_096), to: target)
                    #expect(try Directory.names(in: directory.path).count == 1)
                }
                #expect(try Directory.names(in: directory.path).isEmpty)
                let target = try openTarget(path, 4_096)
                target.abandon()
                #expect(try Directory.names(in: directory.path).isEmpty)
            }
        }

        @Test func leftoversOfTheDeadAreRemoved() throws {
            try ScratchDirectory.with { directory in
                _ = try directory.file("image.tmp-999999999-1-abc", [1])
                _ = try directory.file("image.tmp-notes", [1])
                try openTarget(directory.appending("image"), 4_096).commit()
                #expect(try Directory.names(in: directory.path) == ["image", "image.tmp-notes"])
            }
        }

        @Test func aFileWithContentsNeedsForce() throws {
            try ScratchDirectory.with { directory in
                let path = try directory.file("image", [1, 2, 3])
                try Command.check("chmod", "0640", path.string)
                #expect(refusal(path, 4_096)?.code == .targetExists)
                let target = try openTarget(path, 4_097, force: true)
                #expect(try File.bytes(of: path, 10) == [1, 2, 3])
                try restore(image(4_097), to: target)
                try target.commit()
                #expect(try File.bytes(of: path, 5_000) == image(4_097))
                #expect(try FileStatus(of: path).permissions == 0o640)
            }
        }

        @Test func anEmptyFileIsReplacedAndASymbolicLinkIsFollowed() throws {
            try ScratchDirectory.with { directory in
                let path = try directory.file("image", [])
                let link = directory.appending("link")
                try Command.check("ln", "-s", path.string, link.string)
                let target = try openTarget(link, 512)
                #expect(target.path == path)
                try target.commit()
                #expect(try FileStatus(ofLink: link).kind == .symbolicLink)
                #expect(try FileStatus(of: path).byteCount == 512)
            }
        }

        @Test func filesInUseAreRefused() throws {
            try ScratchDirectory.with { directory in
                let path = try directory.sparseFile("image", byteCount: 1 << 20)
                try LoopDevice.with(over: path) { loop in
                    let error = refusal(path, 4_096, force: true)
                    #expect(error?.code == .inUse && error?.description.contains(loop.path.string) == true)
                }
                let writer = try OwnedDescriptor(opening: path, .writeOnly)
                #expect(refusal(path, 4_096, force: true)?.code == .inUse)
                try writer.close()
                #expect(refusal(path, 4_096)?.code == .targetExists)
                try MountedFilesystem.make(.ext4, on: try directory.sparseFile("ext4", byteCount: 32 << 20))
                let error = refusal(directory.appending("ext4"), 4_096)
                #expect(error?.code == .hasSignature && error?.description.contains("ext4 filesystem") == true)
            }
        }

        @Test func placesWhereNoFileCanBe() throws {
            try ScratchDirectory.with { directory in
                #expect(refusal(directory.path, 1)?.code == .isDirectory)
                #expect(refusal(directory.appending("none/image"), 1)?.code == .noSuchPath)
                #expect(refusal("/dev/snapctl-no-such-disk", 1)?.code == .noSuchPath)
                #expect(refusal("/dev/null", 1)?.code == .notAVolume)
                try Command.check("ln", "-s", "nowhere", directory.appending("link").string)
                #expect(refusal(directory.appending("link"), 1)?.code == .noSuchPath)
                let store = try directory.folder("store")
                let inside = refusal(store.appending("packs"), 1, protecting: [store])
                #expect(inside?.code == .carriesStore)
                #expect(try Directory.names(in: store).isEmpty)
            }
        }

        @Test func aFileThatCameMeanwhileIsKept() throws {
            try ScratchDirectory.with { directory in
                let target = try openTarget(directory.appending("image"), 4_096)
                _ = try directory.file("image", [7])
                #expect(deviceError { try target.commit() }?.code == .targetExists)
                target.abandon()
                #expect(try File.bytes(of: directory.appending("image"), 10) == [7])
                #expect(try Directory.names(in: directory.path) == ["image"])
            }
        }

        @Test func aFullFilesystem() throws {
            try ScratchDirectory.with { directory in
                try MountedFilesystem.with(.ext4, in: directory, name: "m", byteCount: 8 << 20) { mounted in
                    let path = mounted.path.appending("image")
                    let target = try openTarget(path, 32 << 20)
                    let error = deviceError { try restore(SeededRandom.bytes(32 << 20, seed: 3), to: target) }
                    #expect(error?.code == .noSpace)
                    // What failed once stays failed.
                    #expect(deviceError { try target.commit() }?.code == .noSpace)
                    target.abandon()
                    #expect(try Directory.names(in: mounted.path) == ["lost+found"])
                }
            }
        }

        @Test func aReadOnlyFilesystem() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 32 << 20)
                try MountedFilesystem.make(.ext4, on: image)
                try LoopDevice.with(over: image) { loop in
                    try MountedFilesystem.with(loop.path, at: try directory.folder("m"), options: ["ro"]) { mounted in
                        #expect(refusal(mounted.path.appending("image"), 1)?.code == .readOnly)
                    }
                }
            }
        }

        // MARK: - Devices

        @Test(arguments: [512, 4_096], [1, 511, 4_097, 524_289, 3_000_001])
        func dirtyDevices(sectorByteCount: Int, byteCount: Int) throws {
            try ScratchDirectory.with { directory in
                let dirt = SeededRandom.bytes(4 << 20, seed: 4)
                let file = try directory.file("device", dirt)
                let bytes = image(byteCount)
                try LoopDevice.with(over: file, .init(sectorByteCount: sectorByteCount)) { loop in
                    let target = try openTarget(loop.path, byteCount)
                    try restore(bytes, to: target)
                    try target.commit()
                }
                let all = try File.bytes(of: file, 4 << 20)
                #expect(Array(all.prefix(byteCount)) == bytes, "the image")
                #expect(Array(all.dropFirst(byteCount)) == Array(dirt.dropFirst(byteCount)), "what lies behind it")
            }
        }

        @Test(arguments: [0..<4_194_304, 512..<1_024, 1..<2, 100..<10_000, 4_095..<4_097, 700..<900])
        func zerosOnADirtyDevice(range: Range<Int>) throws {
            try ScratchDirectory.with { directory in
                var bytes = SeededRandom.bytes(4 << 20, seed: 5)
                let file = try directory.file("device", bytes)
                try LoopDevice.with(over: file) { loop in
                    let target = try openTarget(loop.path, 4 << 20)
                    try target.writeZeros(ByteExtent(offset: range.lowerBound, byteCount: range.count))
                    try target.commit()
                }
                bytes.replaceSubrange(range, with: [UInt8](repeating: 0, count: range.count))
                #expect(try File.bytes(of: file, 4 << 20) == bytes)
            }
        }

        @Test func devicesThatAreRefused() throws {
            try ScratchDirectory.with { directory in
                let file = try directory.sparseFile("device", byteCount: 1 << 20)
                try LoopDevice.with(over: file) { loop in
                    let small = refusal(loop.path, (1 << 20) + 1, force: true)
                    #expect(small?.code == .tooSmall && small?.description.contains("1048577") == true)
                    let first = try openTarget(loop.path, 1 << 20)
                    #expect(refusal(loop.path, 1 << 20, force: true)?.code == .inUse)
                    #expect(openingError(loop.path)?.code == .inUse)
                    first.abandon()
                    let reader = try open(loop.path)
                    #expect(refusal(loop.path, 1 << 20, force: true)?.code == .inUse)
                    reader.close()
                }
                try LoopDevice.with(over: file, .init(isReadOnly: true)) { loop in
                    #expect(refusal(loop.path, 1, force: true)?.code == .readOnly)
                }
            }
        }

        @Test func nothingIsWrittenAfterTheEnd() throws {
            try ScratchDirectory.with { directory in
                let target = try openTarget(directory.appending("image"), 4_096)
                try target.commit()
                let error = deviceError { try restore(image(4_096), to: target) }
                #expect(error?.code == .writeFailed)
                #expect(try File.bytes(of: directory.appending("image"), 4_096).allSatisfy { $0 == 0 })
            }
        }

        @Test func aMountedDeviceAndTheOneThatCarriesTheStore() throws {
            try ScratchDirectory.with { directory in
                try MountedFilesystem.with(.ext4, in: directory, name: "m") { mounted in
                    let error = refusal(mounted.device, 1, force: true)
                    #expect(error?.code == .inUse && error?.description.contains(mounted.path.string) == true)
                    let store = try ScratchDirectory.folder(at: mounted.path.appending("store"))
                    let carries = refusal(mounted.device, 1, force: true, protecting: [store])
                    #expect(carries?.code == .carriesStore && carries?.description.contains(store.string) == true)
                    let image = directory.appending("m.image")
                    let file = refusal(image, 1, force: true, protecting: [store])
                    #expect(file?.code == .carriesStore)
                }
            }
        }

        @Test func aSignatureNeedsForce() throws {
            try ScratchDirectory.with { directory in
                try withPartitions(directory) { loop in
                    let error = refusal(loop.path, 4_096)
                    #expect(error?.code == .hasSignature)
                    #expect(error?.description.contains("GPT partition table") == true)
                    try MountedFilesystem.make(.ext4, on: loop.path)
                    let named = refusal(loop.path, 4_096)
                    #expect(named?.description.contains("ext4 filesystem") == true)
                    try openTarget(loop.path, 4_096, force: true).commit()
                }
            }
        }
    }
}
