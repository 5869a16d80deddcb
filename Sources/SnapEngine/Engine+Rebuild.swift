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

    private static func fill(
        _ filler: CatalogueFiller, from store: Store, _ progress: TransferProgress
    ) throws -> RebuildOutcome {
        var outcome = RebuildOutcome()
        let reader = PackReader(store.objects)
        let ids = try store.packIDs()
        progress.begin(totalByteCount: ids.count)
        for id in ids {
            do throws(StoreError) {
                let pack = try reader.list(id)
                outcome.packCount += 1
                outcome.chunkCount += pack.entries.count
                try adding { () throws(CatalogueError) in try filler.add(pack) }
            } catch {
                outcome.damagedPacks.append(error.description)
            }
            progress.addProcessed(1)
        }
        for id in try store.snapshotIDs() {
            do throws(StoreError) {
                let snapshot = try store.record(of: id).snapshot
                try adding { () throws(CatalogueError) in try filler.add(snapshot) }
                outcome.snapshotCount += 1
            } catch {
                outcome.damagedSnapshots.append(error.description)
            }
        }
        return outcome
    }

    private static func adding(_ body: () throws(CatalogueError) -> Void) throws(StoreError) {
        do throws(CatalogueError) {
            try body()
        } catch {
            throw StoreError(.failed, error.subject, error.description)
        }
    }

    /// A snapshot whose chunks are not all there is no longer what `completed` promises. Those are noted: the next
    /// snapshot of the volume must not skip their blocks because this one has them.
    private static func judgeSnapshots(
        _ configuration: EngineConfiguration, _ outcome: inout RebuildOutcome
    ) throws(EngineError) {
        let engine = try open(configuration)
        for snapshot in try engine.snapshots([]) {
            guard let image = snapshot.image else { continue }
            let missingCount = try engine.missingChunkCount(of: image, marking: true)
            if missingCount > 0 {
                outcome.damagedSnapshots.append(
                    "\(snapshot.id): \(missingCount) of its chunks are missing; 'snapctl restore --keep-going' gets the rest"
                )
            }
        }
    }
}
