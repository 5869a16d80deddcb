import SnapCatalogue
import SnapDevice
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import SystemPackage

@testable import SnapEngine

/// A volume of several leaves that takes little room, and the workers that image it one after the other.
struct ResumeBench {
    /// Blocks that hold data, by leaf; the fourth leaf holds written zeros, the third nothing.
    static let dataBlocks: [[Int]] = [
        Array(0..<300), Array(10..<310), [], Array(0..<40), Array(stride(from: 0, to: 1_000, by: 4)),
        Array(0..<300), [0, 1, 2],
    ]
    static let leafCount = dataBlocks.count
    static let byteCount =
        (leafCount - 1) * ManifestFormat.fanOut * BlockGeometry.byteCount + 2 * BlockGeometry.byteCount + 777
    static let volumeName = "volume"

    /// Notes a leaf as soon as it can.
    static let eager = CheckpointPolicy(
        interval: .milliseconds(2), publicationInterval: .zero, publicationByteCount: 0)

    let catalogue: Catalogue
    let store: Store
    let volume: FilePath
    let configuration: EngineConfiguration

    /// Writes the volume: the second leaf holds what the first does, but for its place.
    static func makeVolume(_ path: FilePath) throws {
        for (leaf, places) in dataBlocks.enumerated() {
            for place in places {
                let content = leaf == 3 ? 0 : leaf == 1 ? place - 10 : leaf * 10_000 + place
                let bytes = leaf == 3 ? [UInt8](repeating: 0, count: 64) : SeededRandom.bytes(64, seed: UInt64(content))
                let index = leaf * ManifestFormat.fanOut + place
                try File.overwrite(path, bytes, at: index * BlockGeometry.byteCount)
            }
        }
    }

    /// The catalogue and the store of `bench`, opened as nobody's engine: that would end what the dead left.
    init(_ bench: Bench, _ hook: @escaping FaultyObjectStore.Hook = { _, _, _ in }) throws {
        configuration = bench.configuration
        volume = bench.directory.appending(Self.volumeName)
        try Directory.create(configuration.storePath)
        store = try Store.openOrCreate(FaultyObjectStore(configuration.storePath, hook), at: .now())
        catalogue = try Catalogue.open(at: configuration.cataloguePath, store: store.id)
    }

    func record() throws -> Snapshot {
        let facts = try VolumeFacts.inspect(volume)
        let known = try catalogue.registerVolume(
            identity: facts.identity, path: volume.string, byteCount: Self.byteCount,
            isOtherStillThere: { _ in false }, at: .now())
        let snapshot = Snapshot(
            id: .random(), volume: known, state: .pending, startTime: .now(), ownerID: "000000000000",
            description: "", consistency: Consistency(method: .exclusive), volumeByteCount: Self.byteCount)
        try catalogue.insert([snapshot], worker: .current, request: "")
        return snapshot
    }

    /// One worker: from what is noted to the end, if it comes to that.
    func work(
        on id: SnapshotID, _ progress: TransferProgress, _ cancellation: CancellationFlag = CancellationFlag()
    ) throws -> ImagingRun.Result {
        _ = try catalogue.trustGeneration(of: id)
        let reader = try VolumeReader(opening: try VolumeFacts.inspect(volume), claiming: true)
        defer { reader.close() }
        return try ImagingRun(
            snapshot: id, resuming: try catalogue.checkpoint(id), reader: reader, parent: nil, distrusted: [],
            store: store, catalogue: catalogue, configuration: configuration, progress: progress,
            cancellation: cancellation, checkpointing: Self.eager
        ).run()
    }

    /// The worker of `work`, stopped as soon as `count` leaves are noted. nil when it was.
    func work(
        on id: SnapshotID, _ progress: TransferProgress, until count: Int
    ) throws -> ImagingRun.Result? {
        let cancellation = CancellationFlag()
        let (watcher, hasEnded) = (WorkerGroup(), CancellationFlag())
        watcher.start("watch") { [catalogue] _ in
            while !hasEnded.isCancelled {
                if let noted = try? catalogue.checkpoint(id).count, noted >= count { cancellation.cancel("\(noted)") }
                usleepMilliseconds(1)
            }
        }
        defer {
            hasEnded.cancel("")
            watcher.wait()
        }
        do {
            return try work(on: id, progress, cancellation)
        } catch let error as EngineError where error.code == .cancelled {
            return nil
        }
    }

    /// Bytes that are read when these leaves are left out.
    static func readByteCount(without adopted: [LeafCheckpoint]) -> Int {
        let skipped = Set(adopted.map(\.number))
        let count = dataBlocks.indices.filter { !skipped.contains($0) }.reduce(0) { $0 + dataBlocks[$1].count }
        let lastIsShort = !skipped.contains(leafCount - 1)
        return count * BlockGeometry.byteCount - (lastIsShort ? BlockGeometry.byteCount - 777 : 0)
    }

    /// Whether all that a leaf stands for is committed.
    func isDurable(_ leaf: LeafCheckpoint) throws -> Bool {
        guard let page = leaf.page else { return leaf.blockCount == 0 }
        guard try catalogue.trusted([page.digest]) == [page.digest] else { return false }
        let source = CataloguePages(catalogue: catalogue, packs: PackReader(store.objects))
        let entries = try ManifestPage(decoding: try source.page(page)).entries
        let digests = Set(entries.map(\.digest))
        return try entries.count == leaf.blockCount && catalogue.trusted(Array(digests)) == digests
    }
}
