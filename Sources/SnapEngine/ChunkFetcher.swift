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

    /// Puts the contents of each `digest` into its `range` of `buffer`, a block long; zeros for nil.
    ///
    /// Throws `dataDamaged`, having marked what is damaged.
    func fetch(
        _ wanted: [(digest: Digest?, range: Range<Int>)], into buffer: borrowing AlignedBuffer
    ) throws(EngineError) {
        var unpacked: [(location: ChunkLocation, range: Range<Int>)] = []
        for item in wanted {
            guard let digest = item.digest else {
                buffer.clear(item.range)
                continue
            }
            unpacked.append((try unpack(digest, into: buffer, item.range), item.range))
        }
        for (chunk, found) in zip(unpacked, hasher.digests(of: buffer, ranges: unpacked.map(\.range))) {
            guard found == chunk.location.entry.digest else {
                throw damaged(chunk.location, packs.damage(chunk.location, "its SHA-256 is another"))
            }
        }
    }

    /// Returns where it was. Its digest is still to be checked.
    private func unpack(
        _ digest: Digest, into buffer: borrowing AlignedBuffer, _ range: Range<Int>
    ) throws(EngineError) -> ChunkLocation {
        var location = try location(of: digest)
        while true {
            do throws(StoreError) {
                try packs.readUnpacked(location, by: stored, into: buffer, targetRange: range)
                return location
            } catch {
                // A collection of garbage may have copied it to another pack, and removed this one.
                if error.code == .missing {
                    let now = try self.location(of: digest)
                    if now.pack != location.pack {
                        location = now
                        continue
                    }
                }
                throw damaged(location, error)
            }
        }
    }

    private func damaged(_ location: ChunkLocation, _ error: StoreError) -> EngineError {
        catalogue.suspect(location, error)
        return EngineError(error)
    }

    private func location(of digest: Digest) throws(EngineError) -> ChunkLocation {
        let found = try cataloguing { () throws(CatalogueError) in try catalogue.locations(of: [digest])[digest] }
        guard let found else { throw EngineError(.storeDamaged, "chunk \(digest) is missing from the store") }
        return found
    }
}
