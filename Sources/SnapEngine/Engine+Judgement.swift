internal import SnapCatalogue
internal import SnapModel
internal import SnapStore

/// What an image misses.
struct Judgement: Hashable, Sendable {
    /// Chunks that are not there to be relied on.
    var missingChunkCount = 0
    /// Pages of the manifest that cannot be read: what they name is not known.
    var hiddenPageCount = 0

    var isWhole: Bool { missingChunkCount == 0 && hiddenPageCount == 0 }
}

extension Engine {
    /// A snapshot whose chunks are not all there is no longer what `completed` promises. Those are noted: the next
    /// snapshot of the volume must not skip their blocks because this one has them.
    static func judgeSnapshots(
        _ configuration: EngineConfiguration, _ outcome: inout RebuildOutcome
    ) throws(EngineError) {
        let engine = try open(configuration)
        var hiddenPageCount = 0
        let snapshots = try cataloguing { () throws(CatalogueError) in try engine.catalogue.snapshots(in: .anywhere) }
        for snapshot in snapshots {
            guard let image = snapshot.image else { continue }
            let judgement = try engine.judge(image, marking: true)
            hiddenPageCount += judgement.hiddenPageCount
            guard !judgement.isWhole else { continue }
            outcome.damagedSnapshots.append(
                "\(snapshot.id): \(judgement.missingChunkCount) chunks and \(judgement.hiddenPageCount) manifest pages "
                    + "are missing; 'snapctl restore --keep-going' gets the rest")
        }
        // A page that can be read again some day would name chunks that nobody has looked for.
        guard hiddenPageCount == 0 else { return }
        try cataloguing { () throws(CatalogueError) in try engine.catalogue.noteJudged() }
    }

    /// What an image misses. With `marking`, chunks that the index does not even know are noted as missing.
    func judge(_ image: SnapshotImage, marking: Bool = false) throws(EngineError) -> Judgement {
        var judgement = Judgement()
        let manifest: ManifestReader
        do throws(StoreError) {
            manifest = try ManifestReader(image.manifestRoot, pages: pages)
        } catch {
            guard error.isDamage else { throw EngineError(error) }
            return Judgement(hiddenPageCount: 1)
        }
        var batch: [Digest] = []
        let limit = 1_024
        func ask() throws(EngineError) {
            let missing = try untrusted(batch)
            batch = []
            judgement.missingChunkCount += missing.count
            guard marking else { return }
            try cataloguing { () throws(CatalogueError) in
                try catalogue.markMissing(missing, reason: "no pack of the store holds it")
            }
        }
        // Later pages name chunks too: one that is damaged hides only its own.
        try manifest.forEachBlock(
            onUnreadable: { (error, _) throws(EngineError) in
                guard error.isDamage else { throw EngineError(error) }
                judgement.hiddenPageCount += 1
            },
            { (_, digest) throws(EngineError) in
                batch.append(digest)
                if batch.count >= limit { try ask() }
            })
        try ask()
        return judgement
    }

    private func untrusted(_ digests: [Digest]) throws(EngineError) -> [Digest] {
        let trusted = try cataloguing { () throws(CatalogueError) in try catalogue.trusted(digests) }
        return digests.filter { !trusted.contains($0) }
    }
}
