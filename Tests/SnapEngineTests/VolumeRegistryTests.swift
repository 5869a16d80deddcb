import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

@Suite("The registry of volumes")
struct VolumeRegistryTests {
    private func create(_ engine: Engine, _ request: CreateVolumeRequest) throws -> CreatedVolume {
        try engine.createVolume(request, progress: TransferProgress(), cancellation: CancellationFlag())
    }

    @Test func registeredBeforeAnySnapshot() throws {
        try Bench.with { bench in
            let path = try bench.directory.file("volume", SeededRandom.bytes(1 << 20, seed: 7))
            let engine = try bench.open()
            let codes = [ProductCode(code: "abc", type: .marketplace)]
            let volume = try engine.registerVolume(
                path, tags: [SnapshotTag(key: "Name", value: "web")], productCodes: codes)
            #expect(volume.path == path.string && volume.byteCount == 1 << 20 && volume.sourceSnapshot == nil)
            #expect(volume.tags.map(\.value) == ["web"] && volume.productCodes == codes && volume.revision == 1)
            // Nothing new is nothing to record.
            #expect(try engine.registerVolume(path, productCodes: codes) == volume)
            let more = try engine.registerVolume(path, tags: [SnapshotTag(key: "More", value: "")])
            #expect(more.id == volume.id && more.tags.map(\.key) == ["More", "Name"] && more.productCodes == codes)
            try bench.expectRebuildChangesNothing()
            let next = try bench.open()
            #expect(try next.volumes([volume.id]) == [more])
            let snapshot = try next.create(path)
            #expect(snapshot.volume == more && snapshot.productCodes == codes && snapshot.tags.isEmpty)
            try bench.expectRebuildChangesNothing()
        }
    }

    @Test func whatIsNoVolume() throws {
        try Bench.with { bench in
            let engine = try bench.open()
            let (none, empty) = (bench.directory.appending("none"), try bench.directory.file("empty", []))
            func code(_ path: FilePath, _ tags: [SnapshotTag] = []) -> EngineError.Code? {
                engineError { _ = try engine.registerVolume(path, tags: tags) }?.code
            }
            #expect(
                code(none) == .volumeNotFound && code(empty) == .emptyVolume
                    && code(bench.directory.path) == .notAVolume)
            #expect(code(bench.configuration.cataloguePath) == .volumeHoldsStore)
            let path = try bench.directory.file("volume", [1])
            #expect(code(path, [SnapshotTag(key: "aws:x", value: "")]) == .invalidParameter)
            #expect(try engine.volumes().isEmpty)
        }
    }

    @Test func whatOnlySnapshotsKnowComesBackFromThem() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            #expect(try engine.store.volumeIDs().isEmpty)
            try engine.tag(snapshot.volume.id, "Name", "first")
            _ = try engine.create(bench.directory.appending("volume"))
            try engine.tag(snapshot.volume.id, "Name", "second")
            // Its own record is gone: the last snapshot tells how the volume was when that was taken.
            try File.remove(bench.configuration.storePath.appending("volumes").appending("\(snapshot.volume.id).json"))
            try bench.withRebuiltTwin { _, twin in
                let tags = try twin.volumes().map(\.tags)
                #expect(tags == [[SnapshotTag(key: "Name", value: "first")]])
            }
        }
    }

    @Test func aDamagedRecordIsTold() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            try engine.tag(snapshot.volume.id, "Name")
            let path = bench.configuration.storePath.appending("volumes").appending("\(snapshot.volume.id).json")
            try File.overwrite(path, Array("garbage".utf8), at: 0)
            try bench.withRebuiltTwin { outcome, twin in
                let ids = try twin.volumes().map(\.id)
                #expect(outcome.damagedVolumes.count == 1 && outcome.snapshotCount == 1)
                #expect(ids == [snapshot.volume.id])
            }
        }
    }

    @Test func madeFromASnapshot() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let (bytes, target) = (SeededRandom.bytes(2 << 20, seed: 7), bench.directory.appending("copy.img"))
            let request = CreateVolumeRequest(
                snapshot: snapshot.id, target: .path(target), byteCount: 3 << 20,
                tags: [SnapshotTag(key: "Name", value: "copy")])
            let made = try create(engine, request)
            #expect(made.outcome.damaged.isEmpty && made.volume.sourceSnapshot == snapshot.id)
            #expect(made.volume.id != snapshot.volume.id && made.volume.byteCount == 3 << 20)
            #expect(made.volume.tags.map(\.value) == ["copy"])
            #expect(try File.read(target, upTo: .max) == bytes + [UInt8](repeating: 0, count: 1 << 20))
            let copy = try engine.create(target)
            #expect(copy.volume == made.volume)
            // The lineage outlives the snapshot, and the catalogue.
            _ = try engine.deleteSnapshot(snapshot.id, options: DeleteOptions(skipsBin: true))
            try bench.expectRebuildChangesNothing()
            #expect(try bench.open().volumes([made.volume.id])[0].sourceSnapshot == snapshot.id)
        }
    }

    @Test func productCodesGoOn() throws {
        try Bench.with { bench in
            let path = try bench.directory.file("volume", SeededRandom.bytes(1 << 20, seed: 7))
            let engine = try bench.open()
            let codes = [ProductCode(code: "abc", type: .devpay)]
            _ = try engine.registerVolume(path, productCodes: codes)
            let snapshot = try engine.create(path)
            let target = CreateVolumeRequest.Target.path(bench.directory.appending("copy"))
            #expect(
                try create(engine, CreateVolumeRequest(snapshot: snapshot.id, target: target)).volume.productCodes
                    == codes)
        }
    }

    @Test func whatIsRefusedMakesNothing() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let target = bench.directory.appending("copy")
            func code(_ change: (inout CreateVolumeRequest) -> Void) -> EngineError.Code? {
                var request = CreateVolumeRequest(snapshot: snapshot.id, target: .path(target))
                change(&request)
                return engineError { _ = try create(engine, request) }?.code
            }
            #expect(code { $0.byteCount = (2 << 20) - 1 } == .invalidParameter)
            #expect(code { $0.snapshot = .random() } == .snapshotNotFound)
            #expect(code { $0.tags = [SnapshotTag(key: "", value: "")] } == .malformedTagKey)
            #expect(code { $0.target = .logicalVolume(name: "-x", group: "vg") } == .consistencyNotPossible)
            #expect(!File.exists(target))
            _ = try bench.directory.file("copy", [1])
            #expect(code { _ in } == .targetHasContents && code { $0.force = true } == nil)
            #expect(try engine.volumes().count == 2)
        }
    }

    @Suite("On devices", .enabled(if: LoopDevice.isAvailable, "needs root and /dev/loop-control"))
    struct OnDevices {
        @Test func attachments() throws {
            try Bench.with { bench in
                let image = try bench.directory.sparseFile("image", byteCount: 32 << 20)
                let place = try bench.directory.folder("place")
                let engine = try bench.open()
                try LoopDevice.with(over: image) { device in
                    try MountedFilesystem.make(.ext4, on: device.path)
                    let volume = try engine.registerVolume(device.path)
                    #expect(engine.sight(volume) == VolumeSighting(isThere: true))
                    try MountedFilesystem.with(device.path, at: place) { _ in
                        let sighting = engine.sight(volume)
                        #expect(
                            sighting.attachment
                                == VolumeAttachment(device: device.path.string, mountPoints: [place.string]))
                        #expect(sighting.state == .inUse)
                    }
                    #expect(engine.sight(volume).state == .available)
                }
                let volume = try #require(try engine.volumes().first)
                #expect(engine.sight(volume).state == .available)
            }
        }

        /// A device that is known stays the volume that it is.
        @Test func ontoADevice() throws {
            try Bench.withSnapshot { bench, engine, snapshot in
                let image = try bench.directory.sparseFile("image", byteCount: 4 << 20)
                try LoopDevice.with(over: image) { device in
                    let known = try engine.registerVolume(device.path)
                    var request = CreateVolumeRequest(
                        snapshot: snapshot.id, target: .path(device.path), byteCount: 5 << 20)
                    let error = engineError {
                        _ = try engine.createVolume(
                            request, progress: TransferProgress(), cancellation: CancellationFlag())
                    }
                    #expect(error?.code == .targetTooSmall)
                    request.byteCount = nil
                    let made = try engine.createVolume(
                        request, progress: TransferProgress(), cancellation: CancellationFlag())
                    #expect(made.volume.id == known.id && made.volume.sourceSnapshot == snapshot.id)
                    #expect(try File.bytes(of: device.path, 2 << 20) == SeededRandom.bytes(2 << 20, seed: 7))
                }
            }
        }
    }
}
