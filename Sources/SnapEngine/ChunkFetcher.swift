internal import SnapCatalogue
internal import SnapCodec
internal import SnapModel
internal import SnapStore
internal import SnapSystem

/// Fetches single chunks from the store, checking every byte. For one thread.
final class ChunkFetcher {
    private let catalogue: Catalogue
    private let packs: PackReader
    private let stored: AlignedBuffer
    private let hasher = BlockHasher()

    init(_ engine: Engine) throws(EngineError) {
        catalogue = engine.catalogue
        packs = engine.packs
        stored = try BufferPool.forEngine(bufferByteCount: BlockGeometry.byteCount, bufferCount: 1).lease()
    }

    /// Puts the contents of `digest` into `range` of `buffer`, a block long; zeros for nil.
    ///
    /// Throws `dataDamaged`, having marked what is damaged.
    func fetch(_ digest: Digest?, into buffer: borrowing AlignedBuffer, _ range: Range<Int>) throws(EngineError) {
        guard let digest else { return buffer.clear(range) }
        var location = try location(of: digest)
        while true {
            do throws(StoreError) {
                return try fetch(location, into: buffer, range)
            } catch {
                // A collection of garbage may have copied it to another pack, and removed this one.
                if error.code == .missing {
                    let now = try self.location(of: digest)
                    if now.pack != location.pack {
                        location = now
                        continue
                    }
                }
                catalogue.suspect(location, error)
                throw EngineError(error)
            }
        }
    }

    private func fetch(
        _ location: ChunkLocation, into buffer: borrowing AlignedBuffer, _ range: Range<Int>
    ) throws(StoreError) {
        try packs.readStored(location, into: stored)
        try packs.unpack(
            location, stored, range: 0..<location.entry.storedByteCount, into: buffer, targetRange: range)
        guard hasher.digest(of: buffer, range: range) == location.entry.digest else {
            throw packs.damage(location, "its SHA-256 is another")
        }
    }

    private func location(of digest: Digest) throws(EngineError) -> ChunkLocation {
        let found = try cataloguing { () throws(CatalogueError) in try catalogue.locations(of: [digest])[digest] }
        guard let found else { throw EngineError(.storeDamaged, "chunk \(digest) is missing from the store") }
        return found
    }
}
