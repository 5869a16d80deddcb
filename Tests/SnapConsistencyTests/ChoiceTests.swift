import SnapDevice
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapConsistency

extension Inspections {
    @Suite struct Choices {
        @Test func anIdleVolumeIsClaimed() throws {
            try ScratchDirectory.with { directory in
                try withPartitions(directory.appending("disk")) { loop in
                    for volume in [loop.path, loop.partition(1)] {
                        let method = try chosen(volume)
                        #expect(method.method == .exclusive && method.level == .filesystem && !method.holdsFreeze)
                        #expect(method.targets(isInSet: true).isEmpty)
                    }
                    // The image is in use by the loop device, though nothing is mounted.
                    let error = consistencyError { _ = try chosen(directory.appending("disk")) }
                    #expect(error?.description.contains("detach \(loop.path)") == true)
                }
                #expect(try chosen(directory.appending("disk")).method == .exclusive)
            }
        }

        @Test func aMountedVolumeWithoutReflinksIsFrozen() throws {
            try withHost(.ext4) { directory, host in
                let method = try chosen(directory.appending("host.image"))
                #expect(method.method == .freeze && method.level == .filesystem && method.holdsFreeze)
                #expect(method.targets(isInSet: false).map(\.mountPoint) == [host])
            }
        }

        @Test(arguments: MountedFilesystem.Kind.allCases)
        func aMountedPlainDeviceIsTakenLive(kind: MountedFilesystem.Kind) throws {
            try withHost(kind) { directory, host in
                let image = directory.appending("host.image")
                let device = try #require(try inspect(image).users.devices.first { $0 != image })
                let method = try chosen(device)
                #expect(method.method == .live && method.level == .filesystem)
                #expect(!method.holdsFreeze && method.needsFreeze && method.maxFreeze == .seconds(1))
                #expect(method.targets(isInSet: false).map(\.mountPoint) == [host])
            }
        }

        /// Under `auto` only what can be read in time. Asked for by name, the deadline protects.
        @Test func whatCannotBeReadInTimeIsNotFrozen() throws {
            try withHost(.ext4) { directory, _ in
                let device = directory.appending("host.image")
                let error = consistencyError { _ = try chosen(device) { $0.maxFreeze = .microseconds(1) } }
                #expect(error?.code == .inUse)
                let words = error?.description ?? ""
                for part in ["unmount it", "move it to LVM", "XFS", "--consistency freeze --max-freeze", "about"] {
                    #expect(words.contains(part), "\(part) in: \(words)")
                }
                #expect(!words.contains("\n"))
                let asked = try chosen(device) {
                    $0.maxFreeze = .microseconds(1)
                    $0.method = .freeze
                }
                #expect(asked.method == .freeze)
            }
        }

        @Test(arguments: [MountedFilesystem.Kind.xfs, .btrfs])
        func imagesOnAFilesystemWithReflinksAreCloned(kind: MountedFilesystem.Kind) throws {
            try withHost(kind) { directory, host in
                let image = host.appending("image")
                try withPartitions(image) { loop in
                    for volume in [image, loop.path, loop.partition(1), loop.partition(2)] {
                        let method = try chosen(volume)
                        #expect(method.method == .clone && method.level == .filesystem)
                    }
                    try MountedFilesystem.make(.ext4, on: loop.partition(1))
                    try MountedFilesystem.with(loop.partition(1), at: try directory.folder("m")) { mounted in
                        let mounts = try [image, loop.path, loop.partition(1), loop.partition(2)].map {
                            try chosen($0).targets(isInSet: false).map(\.mountPoint)
                        }
                        #expect(mounts == [[mounted.path], [mounted.path], [mounted.path], []])
                    }
                    // Somebody who cannot be asked to rest: every byte is of one instant, and no more.
                    let writer = try OwnedDescriptor(opening: image, .writeOnly)
                    #expect(try chosen(image).level == .crash)
                    try writer.close()
                }
            }
        }

        @Test func whatIsAskedForIsMadeOrRefusedByName() throws {
            try withHost(.ext4) { directory, _ in
                let volume = directory.appending("host.image")
                let nothing = try chosen(volume) { $0.method = ConsistencyMethod.none }
                #expect(nothing.level == ConsistencyLevel.none)
                let remedies: [ConsistencyMethod: String] = [
                    .clone: "has no reflinks", .lvm: "no logical volume", .lvmThin: "no logical volume",
                    .exclusive: "unmount it",
                ]
                for (method, words) in remedies {
                    let error = consistencyError { _ = try chosen(volume) { $0.method = method } }
                    #expect(error?.code == (method == .exclusive ? .inUse : .notPossible))
                    #expect(error?.description.contains(method.rawValue) == true)
                    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
                }
            }
        }

        /// The machine's own disk is not touched: a volume is told to carry /.
        @Test func theRootVolume() throws {
            try withHost(.xfs) { _, host in
                let image = try ScratchDirectory.sparseFile(at: host.appending("image"), byteCount: 1 << 20)
                var root = try inspect(image)
                root.carriesRoot = true
                var options = PointInTimeOptions()
                func error() -> ConsistencyError? {
                    consistencyError { _ = try MethodChooser().choose(root, options) }
                }
                let refusal = error()
                #expect(refusal?.code == .rootVolume)
                #expect(refusal?.description.contains("stop the machine first") == true)
                #expect(refusal?.description.contains(MethodChooser.rootConsent) == true)
                options.method = .clone
                #expect(error()?.code == .rootVolume)
                options.method = .freeze
                #expect(error()?.code == .rootVolume)
                options.allowsRootVolume = true
                #expect(error()?.code == .rootVolume)
                options.method = .clone
                #expect(try MethodChooser().choose(root, options).method == .clone)
                options.method = nil
                #expect(try MethodChooser().choose(root, options).method == .clone)
                options.allowsRootVolume = false
                options.method = ConsistencyMethod.none
                #expect(try MethodChooser().choose(root, options).method == .none)
            }
        }

        /// What another part knows takes its place in the order.
        @Test func othersMethods() throws {
            try ScratchDirectory.with { directory in
                let image = try directory.sparseFile("image", byteCount: 1 << 20)
                try LoopDevice.with(over: image) { loop in
                    let inspection = try inspect(loop.path)
                    let words = MethodChooser([Volumes()]).assess(inspection, PointInTimeOptions()).map(\.method)
                    #expect(words == [.clone, .lvmThin, .exclusive, .lvm, .live, .freeze, .none])
                    #expect(
                        try MethodChooser([Volumes()]).choose(inspection, PointInTimeOptions()).method == .exclusive)
                }
            }
        }

        private struct Volumes: MethodSource {
            func assess(
                _ method: ConsistencyMethod, _: VolumeInspection, _: PointInTimeOptions
            ) -> MethodAssessment? { method == .lvm ? .possible(.lvm, .filesystem) : nil }

            func make(
                _: ConsistencyMethod, _ inspection: VolumeInspection, _: PointInTimeOptions
            ) throws(ConsistencyError) -> any PointInTimeMethod { NoMethod(inspection) }
        }

        @Test func aReportHasEverything() throws {
            try withHost(.ext4) { directory, host in
                let report = MethodChooser().report(try inspect(directory.appending("host.image")), .init())
                #expect(report.methods.map(\.method) == [.clone, .lvmThin, .exclusive, .lvm, .live, .freeze, .none])
                #expect(report.automaticMethod == .freeze && report.refusal == nil)
                #expect(report.filesystems.map(\.mountPoints) == [[host.string]] && report.canReflink == false)
            }
        }
    }
}
