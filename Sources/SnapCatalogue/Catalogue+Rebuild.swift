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
        at path: FilePath, store: StoreID, _ fill: (CatalogueFiller) throws -> Result
    ) throws -> Result {
        let file = CatalogueFile(path: path)
        let lock = try file.claim()
        let draft = CatalogueFile(
            path: FilePath(path.string + AtomicFile.temporaryMarker + ProcessIdentity.current.description))
        do {
            let filler = try CatalogueFiller(draft, store: store)
            let result = try fill(filler)
            try filler.finish()
            try file.replace(by: draft)
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
                throw CatalogueError(.busy, path.string, "is in use by another snapctl, so it cannot be replaced")
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

    /// Puts a finished database in place of this one. A crash leaves the old (perhaps without its log's last
    /// transactions), none, or the new: each is mended by another rebuild.
    fileprivate func replace(by draft: CatalogueFile) throws(CatalogueError) {
        do {
            try OwnedDescriptor(opening: draft.path, .readOnly).synchronise()
            // The log first: with another database under its name, it would be applied to that.
            for file in databaseFiles.dropFirst() { try File.remove(file) }
            try Directory.synchronise(folder)
            try File.rename(draft.path, to: path)
            try Directory.synchronise(folder)
        } catch {
            throw CatalogueError(error, at: path)
        }
    }

    fileprivate func removeDatabase() {
        for file in databaseFiles { try? File.remove(file) }
    }
}
