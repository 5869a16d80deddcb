internal import SnapCatalogue
internal import SnapConsistency
package import SnapModel
internal import SnapStore
internal import SnapSystem
internal import SystemPackage

/// The use cases of the program over one store and its catalogue. Each has an extension of its own.
///
/// Any method may be called from any thread; several engines, in several processes, may work on one root at once.
package final class Engine: Sendable {
    package let configuration: EngineConfiguration
    let store: Store
    let catalogue: Catalogue
    let packs: PackReader
    let log: JobLog
    let marks: ReadingMarks

    /// Opens the root; with `creating`, makes it where there is none. Finds workers that died, and ends their snapshots.
    ///
    /// Throws `storeNotFound`, `storeDamaged`, `fromTheFuture`, `catalogueDamaged`, `catalogueForeign`,
    /// `unsupportedFilesystem`, `permissionDenied`, `storeFull`.
    package static func open(_ configuration: EngineConfiguration, creating: Bool = false) throws(EngineError) -> Engine
    {
        try open(configuration, over: LocalObjectStore(root: configuration.storePath), creating: creating)
    }

    /// `open`, over an object store of another kind: a network's, or a twin that fails on demand.
    static func open(
        _ configuration: EngineConfiguration, over objects: any ObjectStore, creating: Bool
    ) throws(EngineError) -> Engine {
        // First: what is frozen may hold up the rest.
        let thawed = FreezeJournal.clearLeftovers(in: configuration.root)
        let engine = try openUnrecovered(configuration, over: objects, creating: creating)
        for line in thawed { engine.log.notice(line) }
        do throws(EngineError) {
            try engine.recover()
        } catch {
            // Whoever only reads can do without, as where the disk is full or may not be written to.
            if creating { throw error }
        }
        return engine
    }

    /// `open`, without looking after what dead workers left.
    static func openUnrecovered(
        _ configuration: EngineConfiguration, over objects: any ObjectStore, creating: Bool
    ) throws(EngineError) -> Engine {
        let store = try openStore(configuration, over: objects, creating: creating)
        return Engine(
            configuration, store: store,
            catalogue: try openCatalogue(configuration, store: store, creating: creating))
    }

    private init(_ configuration: EngineConfiguration, store: Store, catalogue: Catalogue) {
        self.configuration = configuration
        self.store = store
        self.catalogue = catalogue
        packs = PackReader(store.objects)
        log = JobLog(logger: configuration.logger)
        marks = ReadingMarks(root: configuration.root)
    }

    static func openStore(
        _ configuration: EngineConfiguration, over objects: any ObjectStore, creating: Bool
    ) throws(EngineError) -> Store {
        do throws(StoreError) {
            guard creating else { return try Store.open(objects) }
            do throws(SystemError) { try Directory.create(configuration.storePath) } catch { throw StoreError(error) }
            return try Store.openOrCreate(objects, at: .now())
        } catch {
            guard error.code == .missing else { throw EngineError(error) }
            throw EngineError(
                .storeNotFound,
                "there is no store at \(configuration.storePath); 'snapctl create' makes one, or name another with --root"
            )
        }
    }

    /// A catalogue that is missing beside a store with snapshots was lost, and must not be replaced by an empty one.
    private static func openCatalogue(
        _ configuration: EngineConfiguration, store: Store, creating: Bool
    ) throws(EngineError) -> Catalogue {
        let path = configuration.cataloguePath
        if !File.exists(path) {
            let isLost = try storing { () throws(StoreError) in try !store.snapshotIDs().isEmpty }
            if isLost {
                throw EngineError(
                    .catalogueDamaged,
                    "\(path) is missing, but its store holds snapshots; run 'snapctl catalogue rebuild'")
            }
        }
        return try cataloguing { () throws(CatalogueError) in try Catalogue.open(at: path, store: store.id) }
    }
}

extension Engine {
    /// The snapshots named, or all, but for those in the recycle bin; newest first. Throws `snapshotNotFound`.
    package func snapshots(_ ids: [SnapshotID]) throws(EngineError) -> [Snapshot] {
        let found = try cataloguing { () throws(CatalogueError) in
            try catalogue.snapshots(ids.isEmpty ? nil : ids, order: .newestFirst)
        }
        guard found.contains(where: { $0.state == .pending }) else { return found }
        return try explainInterruption(of: found)
    }

    /// A snapshot that can be read. Throws `snapshotNotFound`, `snapshotNotCompleted`.
    func completedSnapshot(_ id: SnapshotID) throws(EngineError) -> (snapshot: Snapshot, image: SnapshotImage) {
        let snapshot = try cataloguing { () throws(CatalogueError) in try catalogue.snapshot(id) }
        guard snapshot.state == .completed, let image = snapshot.image else {
            throw EngineError(
                .snapshotNotCompleted,
                "the snapshot '\(id)' is in state \(snapshot.state.rawValue); only a completed snapshot can be read")
        }
        return (snapshot, image)
    }

    /// The manifest of an image. Throws `dataDamaged` and what the store throws.
    func manifest(_ image: SnapshotImage) throws(EngineError) -> ManifestReader {
        try storing { () throws(StoreError) in try ManifestReader(image.manifestRoot, pages: pages) }
    }

    var pages: CataloguePages { CataloguePages(catalogue: catalogue, packs: packs) }
}

/// Finds manifest pages by the catalogue. A page that cannot be read is marked suspect, so that the next snapshot that
/// needs it stores it anew.
struct CataloguePages: PageSource {
    let catalogue: Catalogue
    let packs: PackReader

    func page(_ id: PageID) throws(StoreError) -> [UInt8] {
        var location = try location(of: id)
        while true {
            do throws(StoreError) {
                return try packs.page(id, at: location)
            } catch {
                // A collection of garbage may have copied it to another pack, and removed this one.
                if error.code == .missing {
                    let now = try self.location(of: id)
                    if now.pack != location.pack {
                        location = now
                        continue
                    }
                }
                catalogue.suspect(location, error)
                // A pack that is gone is damage to what was promised, and no store that is not there.
                throw error.code == .missing
                    ? StoreError(.damaged, error.subject, error.explanation, damagedDigest: id.digest) : error
            }
        }
    }

    private func location(of id: PageID) throws(StoreError) -> ChunkLocation {
        let location: ChunkLocation?
        do throws(CatalogueError) {
            location = try catalogue.locations(of: [id.digest])[id.digest]
        } catch {
            throw StoreError(.failed, id.description, error.description)
        }
        guard let location else {
            throw StoreError(
                .damaged, id.description, "manifest page \(id) is missing from the store", damagedDigest: id.digest)
        }
        return location
    }
}

extension Catalogue {
    /// Marks a chunk or page that could not be read, and where its pack is gone, all that was in it. Failing to is no
    /// reason to fail: the damage is told anyway.
    func suspect(_ location: ChunkLocation, _ error: StoreError) {
        guard error.isDamage else { return }
        let isNew = try? markSuspect(location.entry.digest, reason: error.description)
        // Only with the first of them: the others have lost their trust by then.
        if isNew == true, error.code == .missing { try? markSuspects(in: location.pack, reason: error.description) }
    }
}
