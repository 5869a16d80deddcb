internal import SnapCatalogue
internal import SnapModel
internal import SnapStore
internal import SnapSystem

/// One collection of garbage: plan, condemn, copy, retire, remove (docs/space.md). For one thread, and for whoever holds
/// the lock.
final class GarbageCollection {
    /// Packs that are condemned, copied and removed together.
    private static let batchLimit = 64
    /// Packs that are younger, and that the catalogue does not know, may be those of somebody about to commit them.
    private static let unknownPackAge: Duration = .seconds(3_600)
    /// How long what was condemned waits for the end of snapshots that were pending then. They find out when they
    /// complete, so this is no limit to safety: it spares them the work.
    static let grace: Duration = .seconds(86_400)
    /// How often snapshots may complete between a look and the step that is based on it.
    private static let attemptLimit = 100

    private let engine: Engine
    private let deadShareLimit: Double
    private let progress: TransferProgress
    private let cancellation: CancellationFlag
    private let grace: Duration
    private let needed: NeededChunks
    private var workerless: Set<SnapshotID> = []
    private var report = GarbageReport()

    init(
        _ engine: Engine, deadShareLimit: Double, progress: TransferProgress, cancellation: CancellationFlag,
        grace: Duration = GarbageCollection.grace
    ) {
        self.grace = grace
        self.engine = engine
        self.deadShareLimit = deadShareLimit
        self.progress = progress
        self.cancellation = cancellation
        needed = NeededChunks(pages: engine.pages)
    }

    func run(dryRun: Bool) throws(EngineError) -> GarbageReport {
        report.isDryRun = dryRun
        if !dryRun {
            _ = try engine.purgeBin()
            try removeRetired()
            _ = try storing { () throws(StoreError) in try engine.store.removeLeftovers() }
            try engine.adoptPacks(olderThan: Self.unknownPackAge)
        }
        let plan = try plan(reprieving: !dryRun)
        guard !dryRun else {
            plan.foretell(&report)
            return report
        }
        progress.begin(totalByteCount: (plan.removals + plan.rewrites).reduce(0) { $0 + $1.byteCount })
        try carryOut(plan.removals, isRewrite: false)
        try carryOut(plan.rewrites, isRewrite: true)
        try cataloguing { () throws(CatalogueError) in
            try engine.catalogue.forgetDistrust(before: .now().earlier(by: grace))
        }
        return report
    }

    // MARK: - Planning

    private func plan(reprieving: Bool) throws(EngineError) -> GarbagePlan {
        // Before anything is looked at: who begins later finds what is condemned to be so.
        let youngest = try look()
        var condemned: [Digest] = []
        let uses = try cataloguing { () throws(CatalogueError) in
            try engine.catalogue.packUses(isNeeded: needed.contains) { condemned.append($0) }
        }
        if reprieving, !condemned.isEmpty {
            try cataloguing { () throws(CatalogueError) in _ = try engine.catalogue.reprieve(condemned) }
        }
        for use in uses {
            report.packCount += 1
            report.packByteCount += use.byteCount
            report.needed += use.needed
            report.unneeded += use.unneeded
        }
        return GarbagePlan(uses, deadShareLimit: deadShareLimit, youngest: youngest)
    }

    /// Finds what is needed. Returns from which pack on they are those of snapshots under way.
    private func look() throws(EngineError) -> PackID? {
        let pending = try cataloguing { () throws(CatalogueError) in try engine.catalogue.pendingSnapshots() }
        workerless = Set(pending.filter { $0.worker?.isAlive != true }.map(\.id))
        let running = pending.map(\.id).filter { !workerless.contains($0) }
        let oldestStart = try cataloguing { () throws(CatalogueError) in
            try engine.catalogue.oldestStart(of: running)
        }
        for image in try keptImages() { try add(image) }
        // After the images: a snapshot that completes in between is found in the one or the other.
        for snapshot in pending { try addPending(snapshot.id) }
        for page in try cataloguing({ () throws(CatalogueError) in try engine.catalogue.checkpointedPages() }) {
            try needed.add(leaf: page)
        }
        return oldestStart.map(PackID.first(at:))
    }

    /// A dry run leaves out what would be removed from the recycle bin first.
    private func keptImages() throws(EngineError) -> [KeptImage] {
        try cataloguing { () throws(CatalogueError) in
            let images = try engine.catalogue.keptImages()
            guard report.isDryRun else { return images }
            let expired = Set(try engine.catalogue.expiredInBin(at: .now()).map(\.id))
            return images.filter { !expired.contains($0.snapshot) }
        }
    }

    private func add(_ image: KeptImage) throws(EngineError) {
        if cancellation.isCancelled { throw EngineError(.cancelled, cancellation.reason) }
        try needed.add(image)
    }

    /// One whose record is there is completed by it, whoever finds it. Where its manifest is not whole, it is not.
    private func addPending(_ id: SnapshotID) throws(EngineError) {
        guard let image = (try? engine.store.record(of: id))?.snapshot.image else { return }
        do throws(EngineError) {
            try add(KeptImage(snapshot: id, root: image.manifestRoot))
        } catch {
            guard error.code == .dataDamaged else { throw error }
        }
    }

    // MARK: - Carrying out

    private func carryOut(_ uses: [PackUse], isRewrite: Bool) throws(EngineError) {
        for start in stride(from: 0, to: uses.count, by: Self.batchLimit) {
            if cancellation.isCancelled { throw EngineError(.cancelled, cancellation.reason) }
            let batch = Array(uses[start..<min(start + Self.batchLimit, uses.count)])
            var packs: [DoomedPack] = []
            for use in batch { if let pack = try doom(use) { packs.append(pack) } }
            try cataloguing { () throws(CatalogueError) in try engine.catalogue.condemn(packs, at: .now()) }
            if isRewrite { packs = try copy(packs) }
            let retired = try retire(packs)
            try removeRetired()
            note(batch, retired, isRewrite: isRewrite)
        }
    }

    private func note(_ batch: [PackUse], _ retired: [PackID: BodyCount], isRewrite: Bool) {
        for use in batch {
            progress.addProcessed(use.byteCount)
            guard let freed = retired[use.id] else {
                report.deferredPackCount += 1
                continue
            }
            report.freed += freed
            report.freedPackByteCount += use.byteCount
            if isRewrite { report.rewrittenPackCount += 1 } else { report.removedPackCount += 1 }
        }
    }

    /// nil for a pack that cannot be listed, and in which something is needed.
    private func doom(_ use: PackUse) throws(EngineError) -> DoomedPack? {
        let digests: [Digest]
        do throws(StoreError) {
            digests = try engine.packs.list(use.id).entries.map(\.digest)
        } catch {
            guard error.isDamage else { throw EngineError(error) }
            guard use.needed.count == 0 else { return nil }
            digests = try cataloguing { () throws(CatalogueError) in try engine.catalogue.digests(in: use.id) }
        }
        return DoomedPack(
            id: use.id, digests: digests, unneeded: Set(digests.filter { !needed.contains($0) }))
    }

    /// Copies what is needed in `packs`, and lets it be found there. Returns those that nothing is left to copy of.
    private func copy(_ packs: [DoomedPack]) throws(EngineError) -> [DoomedPack] {
        let copier = PackCopier(engine)
        do throws(EngineError) {
            var whole: [DoomedPack] = []
            for pack in packs {
                if cancellation.isCancelled { throw EngineError(.cancelled, cancellation.reason) }
                if try copier.add(pack) { whole.append(pack) }
            }
            let (copied, packByteCount) = try copier.finish()
            report.copied += copied
            report.freedPackByteCount -= packByteCount
            return whole
        } catch {
            copier.abandon()
            throw error
        }
    }

    private func retire(_ packs: [DoomedPack]) throws(EngineError) -> [PackID: BodyCount] {
        for _ in 0..<Self.attemptLimit {
            let rule = RetirementRule(
                known: needed.snapshots, workerless: workerless, graceStart: .now().earlier(by: grace))
            let outcome = try cataloguing { () throws(CatalogueError) in
                try engine.catalogue.retire(packs.map(stillUnneeded), under: rule)
            }
            switch outcome {
            case .retired(let retired): return retired
            case .unknown(let images): try addLate(images)
            }
        }
        throw EngineError(.failed, "snapshots kept completing while garbage was collected; run 'snapctl gc' again")
    }

    private func stillUnneeded(_ pack: DoomedPack) -> DoomedPack {
        DoomedPack(id: pack.id, digests: pack.digests, unneeded: pack.unneeded.filter { !needed.contains($0) })
    }

    /// Snapshots that completed since the scan: what they need, and is condemned, is trusted again.
    private func addLate(_ images: [KeptImage]) throws(EngineError) {
        var found: [Digest] = []
        needed.onFound = { found.append($0) }
        defer { needed.onFound = { _ in } }
        for image in images { try add(image) }
        try cataloguing { () throws(CatalogueError) in _ = try engine.catalogue.reprieve(found) }
    }

    /// Files first, durably: a pack that the catalogue had forgotten would be taken for that of a dead writer.
    private func removeRetired() throws(EngineError) {
        let retired = try cataloguing { () throws(CatalogueError) in try engine.catalogue.retiredPacks() }
        guard !retired.isEmpty else { return }
        try storing { () throws(StoreError) in
            for pack in retired { try engine.store.removePack(pack) }
        }
        try cataloguing { () throws(CatalogueError) in try engine.catalogue.forget(retired) }
    }
}
