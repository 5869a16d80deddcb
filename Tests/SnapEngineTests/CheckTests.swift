import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

@Suite("Dry runs")
struct CheckTests {
    @Test func nothingIsMade() throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(1 << 20, seed: 7))
            let names = try Directory.names(in: bench.directory.path)
            #expect(try Engine.check(CreateRequest(volumes: [volume.string]), bench.configuration) == DryRunFindings())
            #expect(try Directory.names(in: bench.directory.path) == names)
        }
    }

    @Test func ofAKnownVolumeRecordsNothing() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let request = CreateRequest(volumes: [snapshot.volume.id.rawValue])
            let findings = try Engine.check(request, bench.configuration)
            #expect(findings.missing.isEmpty)
            #expect(try engine.snapshots([]) == [snapshot] && bench.recordCount() == 1)
        }
    }

    @Test func whatIsInTheWayIsThrown() throws {
        try Bench.withSnapshot { bench, _, _ in
            func code(_ request: CreateRequest) -> EngineError.Code? {
                engineError { _ = try Engine.check(request, bench.configuration) }?.code
            }
            let volume = bench.directory.appending("volume").string
            #expect(code(CreateRequest(volumes: [bench.directory.appending("none").string])) == .volumeNotFound)
            #expect(code(CreateRequest(volumes: [VolumeID.random().rawValue])) == .volumeNotFound)
            #expect(code(CreateRequest(volumes: ["vol-x"])) == .malformedVolumeID)
            #expect(
                code(CreateRequest(volumes: [volume], description: String(repeating: "ä", count: 256)))
                    == .invalidParameter)
            #expect(code(CreateRequest(volumes: [volume], description: String(repeating: "ä", count: 255))) == nil)
            #expect(code(CreateRequest(volumes: [bench.configuration.cataloguePath.string])) == .volumeHoldsStore)
        }
    }

    @Test(.enabled(if: LoopDevice.isAvailable, "needs root and /dev/loop-control"))
    func aStoreThatMayNotBeWritten() throws {
        try ScratchDirectory.with { directory in
            let image = try directory.sparseFile("image", byteCount: 32 << 20)
            try MountedFilesystem.make(.ext4, on: image)
            let volume = try directory.file("volume", SeededRandom.bytes(1 << 20, seed: 7))
            let place = try directory.folder("place")
            try LoopDevice.with(over: image) { device in
                try MountedFilesystem.with(device.path, at: place, options: ["ro"]) { _ in
                    let configuration = EngineConfiguration(root: place.appending("deep/root"))
                    let findings = try Engine.check(CreateRequest(volumes: [volume.string]), configuration)
                    #expect(findings.missing == ["\(place) may not be written"])
                }
            }
        }
    }
}
