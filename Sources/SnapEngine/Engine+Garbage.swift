package import SnapSystem
internal import SystemPackage

extension Engine {
    /// Removes what has been in the recycle bin for its time, then packs that no snapshot needs, and rewrites those mostly
    /// of no use (docs/space.md). Running creates and
    /// restores go on; a collection of another process is refused.
    ///
    /// `deadShareLimit`: a pack that is needed in part is rewritten when more than this part of it is of no use; with 0,
    /// as soon as anything in it is.
    ///
    /// Throws `collectionRunning`, `cancelled`, and `dataDamaged` when it cannot be known what a snapshot needs. Whatever
    /// it throws, nothing that a snapshot needs is lost, and the next collection goes on from there.
    package func collectGarbage(
        dryRun: Bool = false, deadShareLimit: Double = 0.5, progress: TransferProgress = TransferProgress(),
        cancellation: CancellationFlag = CancellationFlag()
    ) throws(EngineError) -> GarbageReport {
        let lock = try lockCollection()
        let collection = GarbageCollection(
            self, deadShareLimit: deadShareLimit, progress: progress, cancellation: cancellation)
        let report = try collection.run(dryRun: dryRun)
        // Held until here.
        _ = consume lock
        return report
    }

    private func lockCollection() throws(EngineError) -> FileLock {
        let path = configuration.root.appending("gc.lock")
        do throws(SystemError) {
            if let lock = try FileLock.acquire(path, .exclusive) { return lock }
        } catch {
            throw EngineError(error)
        }
        throw EngineError(
            .collectionRunning, "another 'snapctl gc' is at work on \(configuration.root); wait until it has ended")
    }
}
