import SnapModel
import SnapSystem
import Testing

@testable import SnapCatalogue

/// What the catalogue should know, in dictionaries.
private struct Model {
    struct Chunk {
        var pack: PackID
        var entry: PackEntry
        var isSuspect = false
    }

    var packs: [SealedPack] = []
    var chunks: [Digest: Chunk] = [:]
    var losses: [Digest] = []
    var snapshots: [SnapshotID: Snapshot] = [:]

    mutating func commit(_ pack: SealedPack) -> EntryCounts {
        if !packs.contains(where: { $0.id == pack.id }) { packs.append(pack) }
        var counts = EntryCounts()
        for entry in pack.entries {
            let known = chunks[entry.digest]
            if let known, !known.isSuspect || known.pack == pack.id {
                counts.duplicate += 1
                continue
            }
            chunks[entry.digest] = Chunk(pack: pack.id, entry: entry)
            counts.usedByteCount += entry.storedByteCount
            if known == nil { counts.new += 1 } else { counts.healed += 1 }
        }
        return counts
    }

    mutating func markSuspect(_ digest: Digest) {
        guard chunks[digest]?.isSuspect == false else { return }
        chunks[digest]?.isSuspect = true
        losses.append(digest)
    }

    var suspects: Set<Digest> { Set(chunks.filter(\.value.isSuspect).keys) }

    mutating func complete(_ id: SnapshotID, _ image: SnapshotImage, since: Int) -> CompletionOutcome {
        let lost = Set(losses[since...]).intersection(suspects)
        if !lost.isEmpty { return .distrusted(lost, now: TrustGeneration(rawValue: Int64(losses.count))) }
        guard var snapshot = snapshots[id] else { return .completed }
        snapshot.state = .completed
        snapshot.image = image
        snapshot.completionTime = Sample.time(999)
        snapshot.processedByteCount = snapshot.volumeByteCount
        (snapshot.newByteCount, snapshot.storedByteCount) = (0, 0)
        snapshots[id] = snapshot
        return .completed
    }
}

@Suite("Random operations against dictionaries")
struct ModelTests {
    @Test(arguments: [1, 2, 3, UInt64.random(in: 0...UInt64.max)])
    func agree(seed: UInt64) throws {
        print("catalogue model: seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let scratch = try Scratch()
        var catalogues = [try scratch.open(), try scratch.open()]
        let volume = try catalogues[0].sampleVolume()
        var model = Model()
        for step in 0..<400 {
            let index = Int.random(in: 0..<2, using: &generator)
            if Int.random(in: 0..<40, using: &generator) == 0 { catalogues[index] = try scratch.open() }
            try act(on: catalogues[index], &model, volume, step, &generator)
        }
        for catalogue in catalogues { try compare(catalogue, model, volume) }
    }

    private func act(
        on catalogue: Catalogue,
        _ model: inout Model,
        _ volume: Volume,
        _ step: Int,
        _ generator: inout SeededGenerator
    ) throws {
        let digest = Sample.digest(Int.random(in: 0..<60, using: &generator))
        let pending = model.snapshots.values.filter { $0.state == .pending }.map(\.id).sorted()
        switch Int.random(in: 0..<8, using: &generator) {
        case 0, 1:
            let numbers = (0..<Int.random(in: 0..<9, using: &generator)).map { _ in
                Int.random(in: 0..<60, using: &generator)
            }
            let pack = Sample.pack(numbers, at: step)
            #expect(try catalogue.commit([pack]).packs == [model.commit(pack)])
        case 2:
            guard let pack = model.packs.randomElement(using: &generator) else { return }
            #expect(try catalogue.commit([pack]).packs == [model.commit(pack)])
        case 3:
            try catalogue.markSuspect(digest, reason: "step \(step)")
            model.markSuspect(digest)
        case 4:
            let snapshot = Sample.snapshot(
                of: volume,
                second: step,
                tags: [Tag(key: "step", value: "\(step)")]
            )
            try catalogue.insert([snapshot], worker: .current, request: "")
            model.snapshots[snapshot.id] = snapshot
        case 5:
            guard let id = pending.randomElement(using: &generator) else { return }
            let since = Int.random(in: 0...model.losses.count, using: &generator)
            let outcome = try catalogue.complete(
                id,
                image: Sample.image(step),
                at: Sample.time(999),
                trustedSince: TrustGeneration(rawValue: Int64(since))
            )
            #expect(outcome == model.complete(id, Sample.image(step), since: since))
        case 6:
            guard let id = pending.randomElement(using: &generator) else { return }
            try catalogue.sampleProgress(id, step)
            model.snapshots[id]?.processedByteCount = step
            model.snapshots[id]?.newByteCount = step / 2
            model.snapshots[id]?.storedByteCount = step / 4
        default:
            guard let id = pending.randomElement(using: &generator), step.isMultiple(of: 3) else { return }
            #expect(try catalogue.fail([id], message: "step \(step)") == [id])
            model.snapshots[id]?.state = .error
            model.snapshots[id]?.stateMessage = "step \(step)"
        }
    }

    private func compare(_ catalogue: Catalogue, _ model: Model, _ volume: Volume) throws {
        let digests = (0..<60).map(Sample.digest)
        #expect(try catalogue.trusted(digests) == Set(model.chunks.keys).subtracting(model.suspects))
        #expect(try catalogue.distrustedDigests(limit: 60) == model.suspects)
        #expect(try catalogue.trustGeneration().rawValue == Int64(model.losses.count))
        let locations = model.chunks.mapValues { ChunkLocation(pack: $0.pack, entry: $0.entry) }
        #expect(try catalogue.locations(of: digests) == locations)
        #expect(try catalogue.packIDs() == model.packs.map(\.id).sorted())
        let expected = model.snapshots.values.sorted { $0.startTime > $1.startTime }
        #expect(try catalogue.snapshots() == expected)
        #expect(try catalogue.latestCompleted(of: volume.id) == expected.first { $0.state == .completed })
        let pending = expected.reversed().filter { $0.state == .pending }.map(\.id)
        #expect(try catalogue.pendingSnapshots().map(\.id) == pending)
    }
}
