internal import SnapCatalogue
internal import SnapModel
internal import SnapStore

extension Engine {
    /// Makes the catalogue anew from nothing but the store: each pack's own footer, and each snapshot's record.
    package static func rebuildCatalogue(
        _ configuration: EngineConfiguration, progress: TransferProgress
    ) throws(EngineError) -> RebuildOutcome {
        let objects = LocalObjectStore(root: configuration.storePath)
        let store = try openStore(configuration, over: objects, creating: false)
        do {
            var outcome = try Catalogue.rebuild(at: configuration.cataloguePath, store: store.id) { filler in
                try fill(filler, from: store, progress)
            }
            try judgeSnapshots(configuration, &outcome)
            return outcome
        } catch let error as EngineError {
            throw error
        } catch let error as CatalogueError {
            throw EngineError(error)
        } catch let error as StoreError {
            throw EngineError(error)
        } catch {
            throw EngineError(.failed, "the catalogue cannot be rebuilt: \(error)")
        }
    }

    /// What is damaged is left out and told; whatever else goes wrong ends the rebuild, and the old catalogue stays.
    private static func fill(
        _ filler: CatalogueFiller, from store: Store, _ progress: TransferProgress
    ) throws -> RebuildOutcome {
        var outcome = RebuildOutcome()
        let reader = PackReader(store.objects)
        _ = try store.removeLeftovers()
        let (packs, snapshots) = (try store.packIDs(), try store.snapshotIDs())
        let volumes = try store.volumeIDs()
        try store.makeNamesDurable(packs: packs, snapshots: snapshots, volumes: volumes)
        progress.begin(totalByteCount: packs.count)
        for id in packs {
            if let pack = try undamaged(&outcome.damagedPacks, { () throws(StoreError) in try reader.list(id) }) {
                try filler.add(pack)
                outcome.packCount += 1
                outcome.chunkCount += pack.entries.count
            }
            progress.addProcessed(1)
        }
        for id in snapshots {
            if let record = try undamaged(
                &outcome.damagedSnapshots, { () throws(StoreError) in try store.record(of: id) })
            {
                try filler.add(record.snapshot)
                outcome.snapshotCount += 1
            }
        }
        for id in volumes {
            if let record = try undamaged(
                &outcome.damagedVolumes, { () throws(StoreError) in try store.record(of: id) })
            {
                try filler.add(record.volume)
            }
        }
        return outcome
    }

    private static func undamaged<Result>(
        _ explanations: inout [String], _ body: () throws(StoreError) -> Result
    ) throws(StoreError) -> Result? {
        do throws(StoreError) {
            return try body()
        } catch {
            guard error.code == .damaged || error.code == .missing else { throw error }
            explanations.append(error.description)
            return nil
        }
    }
}
