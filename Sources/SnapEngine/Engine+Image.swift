internal import SnapCatalogue
internal import SnapDevice
internal import SnapModel
internal import SnapStore
internal import SnapSystem

extension Engine {
    /// More suspects than this are not kept in memory; the index is asked about every block then.
    private static let distrustLimit = 1_000_000

    /// Carries the bytes that `reader` reads into the store, from where an earlier worker had come to, or
    /// from the beginning, where not `goingOn`. `onReadEnd` is called once all are read, before they are
    /// all stored.
    func image(
        _ snapshot: Snapshot, _ reader: VolumeReader, _ progress: TransferProgress, _ cancellation: CancellationFlag,
        goingOn: Bool = true, onReadEnd: () throws(EngineError) -> Void
    ) throws(EngineError) -> SnapshotImage {
        let distrusted = try cataloguing { () throws(CatalogueError) in
            try catalogue.distrustedDigests(limit: Self.distrustLimit)
        }
        let parent = distrusted == nil ? nil : try parentDigests(of: snapshot.volume)
        let leaves = try cataloguing { () throws(CatalogueError) in
            goingOn ? try catalogue.checkpoint(snapshot.id) : []
        }
        // Of a worker before this one.
        progress.addNew(snapshot.newByteCount, stored: snapshot.storedByteCount)
        let run = try ImagingRun(
            snapshot: snapshot.id, resuming: leaves, reader: reader, parent: parent, distrusted: distrusted ?? [],
            store: store, catalogue: catalogue,
            configuration: configuration, progress: progress, cancellation: cancellation)
        let result = try run.run(onReadEnd: onReadEnd)
        return SnapshotImage(
            manifestRoot: result.root, fullByteCount: result.blockCount * BlockGeometry.byteCount,
            newByteCount: progress.newByteCount, storedByteCount: progress.storedByteCount)
    }

    /// nil where the volume has no completed snapshot, or its manifest cannot be read or proves nothing.
    private func parentDigests(of volume: Volume) throws(EngineError) -> ParentDigests? {
        if try cataloguing({ () throws(CatalogueError) in try catalogue.awaitsJudgement() }) { return nil }
        let parent = try cataloguing { () throws(CatalogueError) in try catalogue.latestCompleted(of: volume.id) }
        guard let root = parent?.image?.manifestRoot else { return nil }
        guard let manifest = try? ManifestReader(root, pages: pages) else { return nil }
        return ParentDigests(manifest)
    }
}
