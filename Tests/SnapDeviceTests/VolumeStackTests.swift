import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapDevice

extension Devices {
    @Suite struct Stacks {
        @Test(arguments: MountedFilesystem.Kind.allCases)
        func aStoreOnAFilesystemOnALoopDevice(kind: MountedFilesystem.Kind) throws {
            try ScratchDirectory.with { directory in
                try MountedFilesystem.with(kind, in: directory, name: "m") { mounted in
                    let store = mounted.path.appending("root/store")
                    let device = try VolumeFacts.inspect(mounted.device)
                    // Before the store is made, and after.
                    #expect(VolumeStack.carries(device, store))
                    try Directory.create(store)
                    #expect(VolumeStack.carries(device, store))
                    #expect(VolumeStack.carries(try VolumeFacts.inspect(directory.appending("m.image")), store))
                    // The image of another filesystem in there is not beneath it.
                    let inner = try ScratchDirectory.sparseFile(at: mounted.path.appending("inner"), byteCount: 1 << 20)
                    #expect(!VolumeStack.carries(try VolumeFacts.inspect(inner), store))
                    #expect(VolumeStack.carries(device, inner))
                    #expect(!VolumeStack.carries(device, directory.path))
                }
            }
        }

        @Test func aStoreOnAPartition() throws {
            try ScratchDirectory.with { directory in
                try withPartitions(directory) { loop in
                    try MountedFilesystem.make(.ext4, on: loop.partition(1))
                    try MountedFilesystem.with(loop.partition(1), at: try directory.folder("m")) { mounted in
                        let carries = try [
                            loop.path, loop.partition(1), loop.partition(2), directory.appending("disk"),
                        ]
                        .map { VolumeStack.carries(try VolumeFacts.inspect($0), mounted.path) }
                        #expect(carries == [true, true, false, true])
                    }
                }
            }
        }

        @Test func aStoreOnAnOverlay() throws {
            try ScratchDirectory.with { directory in
                try MountedFilesystem.with(.ext4, in: directory, name: "m") { mounted in
                    for name in ["up", "low", "work"] { try Directory.create(mounted.path.appending(name)) }
                    let merged = try directory.folder("merged")
                    let layers = "lowerdir=\(mounted.path)/low,upperdir=\(mounted.path)/up,workdir=\(mounted.path)/work"
                    let outcome = try Command.run(["mount", "-t", "overlay", "-o", layers, "overlay", merged.string])
                    guard outcome.status == 0 else { try Test.cancel("no overlays in this kernel") }
                    defer { _ = try? Command.run(["umount", merged.string]) }
                    let device = try VolumeFacts.inspect(mounted.device)
                    #expect(VolumeStack.carries(device, merged.appending("store")))
                }
            }
        }

        @Test func aStoreInMemoryIsOnNoDevice() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 1 << 20)
                try LoopDevice.with(over: image) { loop in
                    let facts = try VolumeFacts.inspect(loop.path)
                    #expect(!VolumeStack.carries(facts, "/dev/shm/store") && !VolumeStack.carries(facts, "relative"))
                }
            }
        }
    }
}
