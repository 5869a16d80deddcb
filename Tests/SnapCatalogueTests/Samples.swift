import SnapModel
import SnapSystem
import SystemPackage

@testable import SnapCatalogue

/// Values to record, with times and bytes that tell them apart.
enum Sample {
    static let time = Timestamp(millisecondsSinceEpoch: 1_400_000_000_000)

    static func time(_ second: Int) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: time.millisecondsSinceEpoch + Int64(second) * 1_000)
    }

    static func digest(_ number: Int) -> Digest {
        var generator = SeededGenerator(seed: UInt64(number))
        return Digest(words: (generator.next(), generator.next(), generator.next(), UInt64(number)))
    }

    static func entry(_ number: Int, offset: Int = 4_096) -> PackEntry {
        PackEntry(
            digest: digest(number),
            offset: offset,
            storedByteCount: 1_000 + number,
            plainByteCount: 524_288,
            codec: number.isMultiple(of: 2) ? .raw : .lz4,
            checksum: UInt32.max - UInt32(number)
        )
    }

    static func pack(_ numbers: [Int], at second: Int = 0, kind: PackKind = .blocks) -> SealedPack {
        let entries = numbers.enumerated().map { entry($1, offset: 4_096 + $0 * 2_000) }
        return SealedPack(id: .make(at: time(second)), kind: kind, byteCount: 1 << 20, entries: entries)
    }

    static func image(_ number: Int) -> SnapshotImage {
        SnapshotImage(
            manifestRoot: PageID(digest(number)),
            fullByteCount: 5_000 + number,
            newByteCount: 400 + number,
            storedByteCount: 30 + number
        )
    }

    static func snapshot(of volume: Volume, second: Int = 0, tags: [Tag] = []) -> Snapshot {
        Snapshot(
            id: .random(),
            volume: volume,
            state: .pending,
            startTime: time(second),
            ownerID: "123456789012",
            description: "nightly \(second)",
            tags: tags,
            consistency: Consistency(method: .exclusive),
            volumeByteCount: volume.byteCount,
            worker: SnapshotWorker(processNumber: ProcessIdentity.current.number)
        )
    }

    static func completed(of volume: Volume, second: Int, tags: [Tag] = []) -> Snapshot {
        var snapshot = snapshot(of: volume, second: second, tags: tags)
        snapshot.state = .completed
        snapshot.completionTime = time(second + 1)
        snapshot.image = image(second)
        snapshot.processedByteCount = snapshot.volumeByteCount
        return snapshot
    }

    static func volume(_ number: Int = 1) -> Volume {
        Volume(
            id: .random(),
            identity: VolumeIdentity(strength: .strong, value: "dm:sample-\(number)"),
            path: "/dev/sample\(number)",
            byteCount: 1 << 30,
            createTime: time
        )
    }
}

extension Catalogue {
    /// `updateProgress`, with other figures made from the first.
    func sampleProgress(_ id: SnapshotID, _ byteCount: Int) throws(CatalogueError) {
        try updateProgress(id, processed: byteCount, new: byteCount / 2, stored: byteCount / 4)
    }

    /// `complete` for one snapshot.
    func complete(
        _ id: SnapshotID, image: SnapshotImage, at time: Timestamp, trustedSince generation: TrustGeneration
    ) throws(CatalogueError) -> CompletionOutcome {
        try complete([SnapshotCompletion(id: id, image: image, time: time)], trustedSince: generation)
    }

    /// A registered volume of a strong identity.
    func sampleVolume(_ number: Int = 1) throws -> Volume {
        try registerVolume(
            identity: VolumeIdentity(strength: .strong, value: "dm:sample-\(number)"),
            path: "/dev/sample\(number)",
            byteCount: 1 << 30,
            isOtherStillThere: { _ in false },
            at: Sample.time
        )
    }

    /// A pending snapshot, recorded.
    func samplePending(second: Int = 0, tags: [Tag] = []) throws -> Snapshot {
        let snapshot = Sample.snapshot(of: try sampleVolume(), second: second, tags: tags)
        try insert([snapshot], worker: .current, request: "{}")
        return snapshot
    }
}

/// The error that `body` throws, if it is one of the catalogue.
func catalogueError<Result>(_ body: () throws -> Result) -> CatalogueError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? CatalogueError
    }
}
