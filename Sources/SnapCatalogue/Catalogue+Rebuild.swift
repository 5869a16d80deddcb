internal import GRDB
package import SnapModel
internal import SnapSystem
package import SystemPackage

extension Catalogue {
    /// Makes the catalogue of `store` anew, with what `fill` hands over, and puts it durably in place of the old, which
    /// may be missing or garbage. Suspicions, and snapshots that are pending or failed, are not in the store: they go.
    ///
    /// The lock is exclusive from the beginning: a snapshot that another process completed after `fill` had read the
    /// records would be lost to the new catalogue. Throws `busy` when another snapctl has it open, what `open` throws of
    /// the folder, and what `fill` throws (so the type is open); then the old catalogue is as it was.
    package static func rebuild<Result>(
        at path: FilePath,
        store: StoreID,
        _ fill: (CatalogueFiller) throws -> Result
    ) throws -> Result {
        let file = CatalogueFile(path: path)
        let lock = try file.claim()
        let draft = CatalogueFile(
            path: FilePath(path.string + AtomicFile.temporaryMarker + ProcessIdentity.current.description)
        )
        do {
            let filler = try CatalogueFiller(draft, store: store)
            let result = try fill(filler)
            try filler.finish()
            try file.adopt(draft)
            // Held until here.
            _ = consume lock
            return result
        } catch {
            draft.removeDatabase()
            throw error
        }
    }
}

extension CatalogueFile {
    /// The exclusive lock, on a filesystem that is fit, with the remains of earlier rebuilds removed.
    fileprivate func claim() throws(CatalogueError) -> FileLock {
        do {
            try checkFilesystem(magic: try filesystemMagic())
            guard let lock = try lock(.exclusive) else {
                throw CatalogueError(
                    .busy,
                    path.string,
                    "is in use by another snapctl, so it cannot be replaced"
                )
            }
            let start = (path.lastComponent?.string ?? "") + AtomicFile.temporaryMarker
            // Whoever made them is dead: the lock is ours.
            for name in try Directory.names(in: folder) where name.hasPrefix(start) {
                try File.remove(FilePath(folder.string + "/" + name))
            }
            return lock
        } catch {
            throw CatalogueError(error, at: path)
        }
    }

    /// Puts a finished database in place of this one. Before a crash at any moment, either the old is whole, or the new
    /// is durable as the successor: the next to open the catalogue goes on from there.
    fileprivate func adopt(_ draft: CatalogueFile) throws(CatalogueError) {
        do {
            try OwnedDescriptor(opening: draft.path, .readOnly).synchronise()
            try File.rename(draft.path, to: successor)
            try Directory.synchronise(folder)
            try promoteSuccessor()
        } catch {
            throw CatalogueError(error, at: path)
        }
    }

    /// Gives the successor the name of the database. The old log goes first: with another database under its name, it
    /// would be applied to that. For the holder of the exclusive lock; may be repeated.
    private func promoteSuccessor() throws(SystemError) {
        for file in databaseFiles.dropFirst() { try File.remove(file) }
        try Directory.synchronise(folder)
        try File.rename(successor, to: path)
        try Directory.synchronise(folder)
    }

    /// Ends a rebuild that was cut off after its work was done.
    func finishRebuild() throws(CatalogueError) {
        guard File.exists(successor), let lock = try lock(.exclusive) else { return }
        do {
            if File.exists(successor) { try promoteSuccessor() }
        } catch {
            throw CatalogueError(error, at: path)
        }
        // Held until here.
        _ = consume lock
    }

    fileprivate func removeDatabase() {
        for file in databaseFiles { try? File.remove(file) }
    }
}
