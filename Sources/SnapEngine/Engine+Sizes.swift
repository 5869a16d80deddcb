internal import SnapCatalogue
package import SnapModel
internal import SnapStore

/// What a completed snapshot takes, and with whom it shares that. Bytes as they are stored, of chunks and manifest pages.
package struct SnapshotSizes: Hashable, Sendable {
    package var snapshot: SnapshotID
    /// The size of the volume.
    package var volumeByteCount = 0
    /// Bytes of its blocks that are not zero.
    package var fullByteCount = 0
    /// Of those, each content once.
    package var distinctByteCount = 0
    /// All that it needs.
    package var storedByteCount = 0
    /// Of that, chunks.
    package var chunkStoredByteCount = 0
    /// What only it needs: what comes free when it is deleted.
    package var exclusiveByteCount = 0

    /// What others need too.
    package var sharedByteCount: Int { storedByteCount - exclusiveByteCount }
}

/// What the whole store holds.
package struct StoreStatistics: Hashable, Sendable {
    package var volumeCount = 0
    /// Completed, those in the recycle bin too.
    package var snapshotCount = 0
    /// As if each snapshot stood alone: bytes of volumes, and of blocks that are not zero.
    package var volumeByteCount = 0
    package var fullByteCount = 0
    /// What snapshots need, each content once: chunks, before and after compression, and manifest pages.
    package var chunkCount = 0
    package var distinctByteCount = 0
    package var chunkStoredByteCount = 0
    package var pageCount = 0
    package var pageStoredByteCount = 0
    /// Files, and what is found in them, needed or not.
    package var packCount = 0
    package var packByteCount = 0
    package var indexedByteCount = 0
    package var distrustedChunkCount = 0

    /// What 'snapctl gc' can remove: stored, and needed by no completed snapshot.
    package var unneededByteCount: Int { indexedByteCount - chunkStoredByteCount - pageStoredByteCount }
}

extension Engine {
    /// How often the count is begun again because what it counts from changed meanwhile.
    private static let countLimit = 10

    /// The sizes of completed snapshots: all, also those in the recycle bin, or those of `ids` that are completed. Exact: of
    /// one instant, and counted over all snapshots of all volumes.
    ///
    /// Reads the manifests of those only that nobody has asked about before. Throws `dataDamaged` when one cannot be read.
    package func sizes(of ids: Set<SnapshotID>? = nil) throws(EngineError) -> [SnapshotID: SnapshotSizes] {
        let (images, count) = try count(deleting: [])
        var sizes: [SnapshotID: SnapshotSizes] = [:]
        for (image, size) in zip(images, count.sizes) where ids?.contains(image.snapshot) ?? true {
            sizes[image.snapshot] = SnapshotSizes(image, size)
        }
        return sizes
    }

    /// The stored bytes that would come free, were all of `ids` deleted for good and garbage collected to the last byte:
    /// more than the sum of what each has alone. Those that are not completed count for nothing.
    package func freedIfDeleted(_ ids: Set<SnapshotID>) throws(EngineError) -> Int {
        try count(deleting: ids).count.freedByteCount
    }

    /// Counts the whole store. Reads the whole index: about a second for ten million chunks.
    package func statistics() throws(EngineError) -> StoreStatistics {
        let (images, count) = try count(deleting: [])
        let catalogued = try cataloguing { () throws(CatalogueError) in try catalogue.statistics() }
        var statistics = StoreStatistics()
        statistics.volumeCount = catalogued.volumeCount
        statistics.snapshotCount = images.count
        statistics.volumeByteCount = images.reduce(0) { $0 + $1.volumeByteCount }
        statistics.fullByteCount = images.reduce(0) { $0 + $1.fullByteCount }
        statistics.chunkCount = count.whole.chunkCount
        statistics.distinctByteCount = count.whole.chunkCount * BlockGeometry.byteCount
        statistics.chunkStoredByteCount = count.whole.chunkByteCount
        statistics.pageCount = count.whole.pageCount
        statistics.pageStoredByteCount = count.whole.pageByteCount
        statistics.packCount = catalogued.packCount
        statistics.packByteCount = catalogued.packByteCount
        statistics.indexedByteCount = catalogued.chunkStoredByteCount
        statistics.distrustedChunkCount = catalogued.distrustedChunkCount
        return statistics
    }

    private func count(
        deleting ids: Set<SnapshotID>
    ) throws(EngineError) -> (images: [SizedImage], count: SizeCount) {
        try cataloguing { () throws(CatalogueError) in try catalogue.bridgeImageChanges() }
        for _ in 0..<Self.countLimit {
            var images: [SizedImage] = []
            var count = SizeCount([])
            let outcome = try cataloguing { () throws(CatalogueError) in
                try catalogue.readImageChanges(
                    begin: {
                        images = $0
                        count = SizeCount($0, deleting: ids)
                    },
                    { count.add($0, $1) })
            }
            switch outcome {
            case .unknown(let changes): for change in changes { try note(change) }
            case .read:
                count.finish()
                try cataloguing { () throws(CatalogueError) in
                    try catalogue.forgetImageChanges(of: count.verbose.map { images[$0].snapshot })
                }
                return (images, count)
            }
        }
        throw EngineError(.failed, "chunks kept being stored again while sizes were counted; ask again")
    }

    /// Finds out from two manifests how an image differs from the one before it.
    private func note(_ change: UnknownChange) throws(EngineError) {
        let noting = ChangeNoting(change, catalogue: catalogue)
        try storing { () throws(StoreError) in
            let image = change.image
            let manifest = try ManifestReader(image.root, pages: pages)
            var base: (id: PageID, manifest: ManifestReader)?
            if let root = change.base?.root { base = (root, try ManifestReader(root, pages: pages)) }
            try manifest.forEachChange(image.root, from: base) { (change) throws(StoreError) in
                try noting.add(change)
            }
            try noting.finish()
        }
    }
}

extension SnapshotSizes {
    fileprivate init(_ image: SizedImage, _ size: ImageSize) {
        snapshot = image.snapshot
        volumeByteCount = image.volumeByteCount
        fullByteCount = image.fullByteCount
        distinctByteCount = size.chunkCount * BlockGeometry.byteCount
        storedByteCount = size.storedByteCount
        chunkStoredByteCount = size.chunkByteCount
        exclusiveByteCount = size.exclusiveByteCount
    }
}
