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
            try body(bench, engine, try engine.create(volume))
        }
    }

    /// What the store says, when the catalogue is lost, is what the catalogue said.
    func expectRebuildChangesNothing(_ comment: String = "") throws {
        let before = try open()
        let snapshots = try before.catalogue.snapshots(in: .anywhere).filter { $0.state == .completed }
        let volumes = try before.volumes()
        try rebuildAlone()
        let after = try open()
        #expect(try after.catalogue.snapshots(in: .anywhere) == snapshots, "\(comment)")
        #expect(try after.volumes() == volumes, "\(comment)")
        #expect(try after.catalogue.begunChanges().isEmpty, "\(comment)")
    }

    private func rebuildAlone() throws { try rebuild() }
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
