import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// `live` whatever is written in whichever way, and to whatever disk: each image is compared with all of the volume while that is
    /// frozen, and the last of each scene is restored and checked.
    @Suite struct LiveWriters {
        struct Scene: Sendable, CustomTestStringConvertible {
            var kind: MountedFilesystem.Kind
            var ways: [Writing]
            var disk = Place.Disk()

            var testDescription: String {
                let place = disk.isOnPartition ? "a partition" : "a disk"
                let names = ways.map(\.rawValue).joined(separator: ", ")
                return "\(kind) on \(place) with sectors of \(disk.sectorByteCount): \(names)"
            }
        }

        /// 18 scenes of 2 runs: with the 30 of `Live.everyImageIsTheVolumeAsItWasFrozen` these are 66 audited images in a row.
        private static let runCount = 2

        static let scenes =
            MountedFilesystem.Kind.allCases.flatMap { kind in
                Writing.allCases.map { Scene(kind: kind, ways: [$0]) }
            } + [
                Scene(kind: .ext4, ways: Writing.allCases, disk: .init(sectorByteCount: 4_096)),
                Scene(kind: .ext4, ways: Writing.allCases, disk: .init(isOnPartition: true)),
                Scene(kind: .xfs, ways: Writing.allCases, disk: .init(sectorByteCount: 4_096, isOnPartition: true)),
            ]

        @Test(arguments: scenes)
        func everyImageIsTheVolumeAsItWasFrozen(_ scene: Scene) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let ids = try Place.with(scene.kind, on: scene.disk, in: directory) { place in
                    try scramble(place.mountPoint.appending("much"), 16 << 20)
                    return try Writing.with(scene.ways, to: place, logs: directory) { writers in
                        try (0..<Self.runCount).map { _ in
                            let before = try place.writtenSectorCount()
                            let snapshot = try program.create(
                                place.device, "--consistency", "live", "--audit", "--wait")
                            #expect(snapshot.own.consistency.method == "live")
                            #expect(snapshot.own.consistency.isPointInTime)
                            #expect(try place.writtenSectorCount() > before, "it is written to meanwhile")
                            let hasEnded = try writers.poll() != nil
                            #expect(!hasEnded, "the writers go on")
                            return snapshot.id
                        }
                    }
                }
                let last = try #require(ids.last)
                #expect(try program.verifies(last))
                try RestoredImage.with(last, of: scene.kind, by: program, in: directory) { _ in }
            }
        }
    }
}
