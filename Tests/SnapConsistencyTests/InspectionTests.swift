import SnapDevice
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapConsistency

extension Inspections {
    @Suite struct Users {
        @Test func anIdleLoopDevice() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 1 << 20)
                try LoopDevice.with(over: image) { loop in
                    let inspection = try inspect(loop.path)
                    #expect(inspection.usersInWords == "" && inspection.isQuietable && !inspection.carriesRoot)
                    #expect(inspection.freezeTargets.isEmpty && inspection.logicalVolume == nil)
                    #expect(inspection.image?.path == image)
                    #expect(inspection.image?.window == ByteExtent(offset: 0, byteCount: 1 << 20))
                    #expect(inspection.stack.kind == .loop && inspection.stack.beneath.map(\.name) == [image.string])
                    // The image is in use by it, though nobody is above.
                    #expect(try inspect(image).usersInWords == "loop device \(loop.path) is over it")
                }
            }
        }

        @Test(arguments: MountedFilesystem.Kind.allCases)
        func severalMountsAreOneFilesystem(kind: MountedFilesystem.Kind) throws {
            try withHost(kind) { directory, host in
                try Directory.create(host.appending("inside"))
                let bind = try directory.folder("a bind mount")
                try Command.check("mount", "--bind", host.appending("inside").string, bind.string)
                defer { _ = try? Command.run(["umount", bind.string]) }
                for volume in [directory.appending("host.image")] {
                    let users = try inspect(volume).users
                    #expect(users.filesystems.count == 1)
                    #expect(users.filesystems.first?.mountPoints == [host, bind])
                    #expect(users.filesystems.first?.type == kind.rawValue)
                    let targets = try inspect(volume).freezeTargets
                    #expect(targets == [FreezeTarget(mountPoint: host, filesystemType: kind.rawValue)])
                }
            }
        }

        /// The shortest path leads elsewhere once something is mounted over it.
        @Test func aCoveredMountPointIsNotFrozen() throws {
            try withHost(.ext4) { directory, host in
                try Directory.create(host.appending("inside"))
                let bind = try directory.folder("a bind mount with a long name")
                try Command.check("mount", "--bind", host.appending("inside").string, bind.string)
                defer { _ = try? Command.run(["umount", bind.string]) }
                try Command.check("mount", "-t", "tmpfs", "none", host.string)
                defer { _ = try? Command.run(["umount", host.string]) }
                let targets = try inspect(directory.appending("host.image")).freezeTargets
                #expect(targets.map(\.mountPoint) == [bind])
            }
        }

        @Test func deepestFirst() throws {
            try ScratchDirectory.with { directory in
                try withPartitions(directory.appending("disk")) { loop in
                    for number in [1, 2] { try MountedFilesystem.make(.ext4, on: loop.partition(number)) }
                    try MountedFilesystem.with(loop.partition(1), at: try directory.folder("outer")) { outer in
                        let inner = try ScratchDirectory.folder(at: outer.path.appending("inner"))
                        try MountedFilesystem.with(loop.partition(2), at: inner) { _ in
                            for volume in [loop.path, directory.appending("disk")] {
                                let targets = try inspect(volume).freezeTargets
                                #expect(targets.map(\.mountPoint) == [inner, outer.path])
                            }
                            // A partition alone carries its own only.
                            let targets = try inspect(loop.partition(1)).freezeTargets
                            #expect(targets.map(\.mountPoint) == [outer.path])
                        }
                    }
                }
            }
        }

        /// The one in the image has to be frozen first, or its last bytes never reach the one that holds the image.
        @Test func aFilesystemInAnImageInAFilesystem() throws {
            try withHost(.ext4) { directory, host in
                let image = try ScratchDirectory.sparseFile(at: host.appending("inner.image"), byteCount: 16 << 20)
                try MountedFilesystem.make(.ext4, on: image)
                try LoopDevice.with(over: image) { loop in
                    try MountedFilesystem.with(loop.path, at: try directory.folder("i")) { inner in
                        let inspection = try inspect(directory.appending("host.image"))
                        #expect(inspection.freezeTargets.map(\.mountPoint) == [inner.path, host])
                        #expect(inspection.users.loops.contains(loop.path))
                        // Flushing it would wait for the thaw of what it lies on.
                        #expect(!inspection.users.devices.contains(loop.path))
                        let targets = try inspect(loop.path).freezeTargets
                        #expect(targets.map(\.mountPoint) == [inner.path])
                    }
                }
            }
        }

        @Test func swapCannotBeQuieted() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 16 << 20)
                try LoopDevice.with(over: image) { loop in
                    try Command.check("mkswap", loop.path.string)
                    let outcome = try Command.run(["swapon", loop.path.string])
                    guard outcome.status == 0 else { try Test.cancel("no swap in this kernel or container") }
                    defer { _ = try? Command.run(["swapoff", loop.path.string]) }
                    for volume in [loop.path, image] {
                        let inspection = try inspect(volume)
                        #expect(inspection.users.unquieted == ["\(loop.path) is active as swap"])
                        let error = consistencyError { _ = try chosen(volume) }
                        #expect(error?.code == .inUse && error?.description.contains("swapoff") == true)
                    }
                }
            }
        }

        @Test func aWriterIsNamed() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 1 << 20)
                try LoopDevice.with(over: image) { loop in
                    let writer = try OwnedDescriptor(opening: loop.path, .writeOnly)
                    let words = try inspect(loop.path).users.unquieted
                    #expect(words.count == 1 && words[0].hasPrefix("\(loop.path) is open for writing by process "))
                    let error = consistencyError { _ = try chosen(loop.path) }
                    #expect(error?.description.contains("end the program that has it open") == true)
                    try writer.close()
                    #expect(try inspect(loop.path).users.unquieted == [])
                }
            }
        }

        /// As whoever is mounted in another mount namespace.
        @Test func aClaimWithoutAVisibleUser() throws {
            try ScratchDirectory.with { directory in
                try withPartitions(directory.appending("disk")) { loop in
                    let partition = loop.partition(1)
                    let claim = try OwnedDescriptor(opening: partition, .readOnly, options: .exclusive)
                    #expect(try inspect(partition).users.hiddenClaims == [partition])
                    #expect(try inspect(loop.path).users.hiddenClaims == [partition])
                    #expect(try inspect(loop.partition(2)).users.hiddenClaims == [])
                    let error = consistencyError { _ = try chosen(partition) }
                    #expect(error?.description.contains("cannot be seen from here") == true)
                    try claim.close()
                    #expect(try inspect(partition).users.hiddenClaims == [])
                }
            }
        }

        @Test func aFilesystemOfTwoDevices() throws {
            try ScratchDirectory.with { directory in
                let images = try ["one", "two"].map { try directory.sparseFile($0, byteCount: 128 << 20) }
                try LoopDevice.with(over: images[0]) { one in
                    try LoopDevice.with(over: images[1]) { two in
                        try Command.check("mkfs.btrfs", "-q", "-f", one.path.string, two.path.string)
                        try MountedFilesystem.with(one.path, at: try directory.folder("m")) { mounted in
                            for volume in [one.path, two.path] + images {
                                let targets = try inspect(volume).freezeTargets
                                #expect(targets.map(\.mountPoint) == [mounted.path])
                            }
                        }
                    }
                }
            }
        }
    }

    @Suite struct Images {
        @Test func windows() throws {
            try ScratchDirectory.with { directory in
                let disk = directory.appending("disk")
                try withPartitions(disk) { loop in
                    let second = try inspect(loop.partition(2))
                    #expect(second.image?.path == disk)
                    #expect(second.image?.window == ByteExtent(offset: 17 << 20, byteCount: 8 << 20))
                    let kinds = [second.stack.kind] + second.stack.beneath.map(\.kind)
                    #expect(kinds == [.partition, .loop])
                }
                try LoopDevice.with(over: disk, .init(offset: 17 << 20)) { loop in
                    let window = try inspect(loop.path).image?.window
                    #expect(window == ByteExtent(offset: 17 << 20, byteCount: 15 << 20))
                }
            }
        }

        @Test func anImageWhoseNameIsGone() throws {
            try withHost(.xfs) { _, host in
                let image = try ScratchDirectory.sparseFile(at: host.appending("image"), byteCount: 1 << 20)
                try LoopDevice.with(over: image) { loop in
                    try File.remove(image)
                    let inspection = try inspect(loop.path)
                    #expect(inspection.image != nil && inspection.image?.path == nil)
                    guard case .impossible(let reason)? = inspection.reflink else {
                        Issue.record("\(String(describing: inspection.reflink))")
                        return
                    }
                    #expect(reason.contains("name"))
                    #expect(try chosen(loop.path).method == .exclusive)
                }
            }
        }

        @Test(arguments: MountedFilesystem.Kind.allCases)
        func reflinksAreTried(kind: MountedFilesystem.Kind) throws {
            try withHost(kind) { directory, host in
                for byteCount in [1, 65_536, 1 << 20] {
                    let bytes = SeededRandom.bytes(byteCount, seed: 1)
                    let outside = try directory.file("image", bytes)
                    try Command.check("cp", outside.string, host.string)
                    let image = host.appending("image")
                    let before = try Directory.names(in: host)
                    let reflink = try inspect(image).reflink
                    switch (kind, reflink) {
                    case (.ext4, .impossible(let reason)?): #expect(reason == "ext4 at \(host) has no reflinks")
                    case (.xfs, .possible(host)?), (.btrfs, .possible(host)?): break
                    default: Issue.record("\(kind): \(String(describing: reflink))")
                    }
                    #expect(try Directory.names(in: host) == before)
                }
            }
        }

        @Test func placesThatCannotHoldAClone() throws {
            try withHost(.xfs) { directory, host in
                let image = try ScratchDirectory.sparseFile(at: host.appending("image"), byteCount: 1 << 20)
                let facts = try VolumeFacts.inspect(image)
                let elsewhere = try VolumeInspection.inspect(facts, cloneDirectory: directory.path).reflink
                #expect(elsewhere == .impossible("\(directory.path) is on another filesystem than \(image)"))
                try Command.check("mount", "-o", "remount,ro", host.string)
                #expect(try inspect(image).reflink == .impossible("\(host) is read-only"))
            }
        }

        /// A btrfs clones only between files that are written in place and files that are not.
        @Test func aFileThatIsWrittenInPlace() throws {
            try withHost(.btrfs) { _, host in
                let image = host.appending("image")
                try Command.check("touch", image.string)
                try Command.check("chattr", "+C", image.string)
                let bytes = SeededRandom.bytes(1 << 20, seed: 2)
                try File.overwrite(image, bytes, at: 0)
                let method = try chosen(image)
                #expect(method.method == .clone)
                try method.prepare()
                let taken = try method.take()
                defer { taken.release() }
                #expect(try allBytes(taken.reader) == bytes)
            }
        }
    }
}
