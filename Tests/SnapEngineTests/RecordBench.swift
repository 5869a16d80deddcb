import SnapCatalogue
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

/// swift-testing has tags of its own.
typealias SnapshotTag = SnapModel.Tag

extension Bench {
    /// A root with a snapshot of a small volume.
    static func withSnapshot(_ body: (Bench, Engine, Snapshot) throws -> Void) throws {
        try with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(2 << 20, seed: 7))
            let engine = try bench.open()
            // As the catalogue has it: durations are whole microseconds there.
            try body(bench, engine, try engine.snapshot(try engine.create(volume).id))
        }
    }

    /// What the store says, when the catalogue is lost, is what the catalogue said.
    func expectRebuildChangesNothing(_ comment: String = "") throws {
        let before = try open()
        let snapshots = try before.catalogue.snapshots(in: .anywhere).filter { $0.state == .completed }
        // Of one that was given nothing and has no snapshot any more, the store does not know.
        let volumes = try before.volumes().filter { volume in
            volume.revision > 0 || snapshots.contains { $0.volume.id == volume.id }
        }
        try withRebuiltTwin { outcome, after in
            let (rebuilt, registry) = (try after.catalogue.snapshots(in: .anywhere), try after.volumes())
            #expect(rebuilt.sorted { $0.id < $1.id } == snapshots.sorted { $0.id < $1.id }, "\(comment)")
            #expect(registry.sorted { $0.id < $1.id } == volumes.sorted { $0.id < $1.id }, "\(comment)")
            #expect(outcome.damagedSnapshots.isEmpty && outcome.damagedVolumes.isEmpty, "\(comment)")
        }
    }

    /// A copy of the store, with a catalogue that was made from it alone. The root itself may be in use.
    func withRebuiltTwin(_ body: (RebuildOutcome, Engine) throws -> Void) throws {
        try ScratchDirectory.with { directory in
            var twin = self
            twin.configuration.root = try directory.folder("twin")
            try Command.check("cp", "-a", configuration.storePath.string, twin.configuration.root.string)
            let outcome = try twin.rebuild()
            try body(outcome, try twin.open())
        }
    }
}

extension Engine {
    func snapshot(_ id: SnapshotID) throws -> Snapshot { try snapshots([id])[0] }

    func tag(_ id: some ResourceID, _ key: String, _ value: String = "") throws {
        try setTags([id.rawValue], [SnapshotTag(key: key, value: value)])
    }
}

extension Timestamp {
    func later(days: Int) -> Timestamp { adding(days: days) }
}
