internal import SnapCodec
package import SnapModel
package import SnapSystem

/// Reads packs, believing nothing: each byte that leaves here was checked.
package struct PackReader: Sendable {
    private let objects: any ObjectStore

    package init(_ objects: any ObjectStore) { self.objects = objects }

    /// What a published pack holds, from its own footer. Throws `damaged`, naming the pack.
    package func list(_ pack: PackID) throws(StoreError) -> SealedPack {
        let key = StoreLayout.key(of: pack)
        let byteCount = try objects.byteCount(of: key)
        guard byteCount >= 2 * ObjectAlignment.byteCount, byteCount % ObjectAlignment.byteCount == 0 else {
            throw StoreError(.damaged, key.path, "\(key): a pack is never \(byteCount) bytes long")
        }
        let header = try bytes(of: key, PackFormat.headerByteCount, at: 0)
        let end = try bytes(of: key, PackFormat.trailerByteCount, at: byteCount - PackFormat.trailerByteCount)
        do throws(CodecError) {
            let (id, kind) = try PackFormat.readHeader(header)
            guard id == pack else { throw CodecError(.mismatch, "pack header", "it is that of pack \(id)") }
            let trailer = try PackFormat.readTrailer(end, packByteCount: byteCount)
            let footer: [UInt8]
            do throws(StoreError) {
                footer = try bytes(of: key, byteCount - trailer.footerOffset, at: trailer.footerOffset)
            } catch {
                throw CodecError(.truncated, "pack footer", error.description)
            }
            let entries = try PackFormat.readEntries(footer, trailer: trailer, kind: kind)
            return SealedPack(id: id, kind: kind, byteCount: byteCount, entries: entries)
        } catch {
            throw StoreError(error, in: key.path)
        }
    }

    /// A manifest page. Throws `damaged` with its digest.
    package func page(_ id: PageID, at location: ChunkLocation) throws(StoreError) -> [UInt8] {
        let entry = location.entry
        let stored = try AlignedBuffer.forStore(byteCount: max(1, entry.storedByteCount))
        let hasher = BlockHasher()
        let plain = try AlignedBuffer.forStore(byteCount: max(1, entry.plainByteCount))
        try readUnpacked(location, by: stored, into: plain, targetRange: 0..<entry.plainByteCount)
        guard hasher.digest(of: plain, range: 0..<entry.plainByteCount) == id.digest else {
            throw damage(location, "its SHA-256 is another")
        }
        return plain.copyBytes(0..<entry.plainByteCount)
    }

    /// Reads a body as it is stored into the start of `buffer`, and checks its CRC-32C. Throws `damaged` with its digest.
    package func readStored(_ location: ChunkLocation, into buffer: borrowing AlignedBuffer) throws(StoreError) {
        try read(location, into: buffer)
        guard Checksum.crc32c(buffer, range: 0..<location.entry.storedByteCount) == location.entry.checksum else {
            throw damage(location, "its CRC-32C does not match")
        }
    }

    /// Reads a body into the start of `stored`, and unpacks it from there. Throws what `readStored` and `unpack` throw.
    package func readUnpacked(
        _ location: ChunkLocation, by stored: borrowing AlignedBuffer, into plain: borrowing AlignedBuffer,
        targetRange: Range<Int>
    ) throws(StoreError) {
        try read(location, into: stored)
        try unpack(
            location, stored, range: 0..<location.entry.storedByteCount, into: plain, targetRange: targetRange)
    }

    private func read(_ location: ChunkLocation, into buffer: borrowing AlignedBuffer) throws(StoreError) {
        let entry = location.entry
        let count: Int
        do throws(StoreError) {
            count = try objects.read(
                StoreLayout.key(of: location.pack), into: buffer, range: 0..<entry.storedByteCount, at: entry.offset)
        } catch {
            throw error.code == .unreadable ? damage(location, error.description) : error
        }
        guard count == entry.storedByteCount else { throw damage(location, "it ends after \(count) bytes") }
    }

    /// Checks the CRC-32C of stored bytes, and decompresses them to `targetRange`. The digest is for the caller to
    /// check, who may have several to hash at once.
    package func unpack(
        _ location: ChunkLocation, _ stored: borrowing AlignedBuffer, range: Range<Int>,
        into plain: borrowing AlignedBuffer, targetRange: Range<Int>
    ) throws(StoreError) {
        let entry = location.entry
        guard range.count == entry.storedByteCount, targetRange.count == entry.plainByteCount else {
            throw damage(location, "its length is another")
        }
        guard Checksum.crc32c(stored, range: range) == entry.checksum else {
            throw damage(location, "its CRC-32C does not match")
        }
        do throws(CodecError) {
            switch entry.codec {
            case .raw:
                guard range.count == targetRange.count else {
                    throw CodecError(.malformed, "raw body", "\(range.count) bytes where \(targetRange.count) belong")
                }
                plain.store(from: stored, range: range, at: targetRange.lowerBound)
            case .lz4: try LZ4.decompress(stored, range: range, into: plain, targetRange: targetRange)
            }
        } catch {
            throw damage(location, error.description)
        }
    }

    /// The error of a chunk or page that is not what it should be.
    package func damage(_ location: ChunkLocation, _ what: String) -> StoreError {
        let entry = location.entry
        return StoreError(
            .damaged, StoreLayout.key(of: location.pack).path,
            "chunk \(entry.digest) at \(entry.offset) of \(StoreLayout.key(of: location.pack)) is damaged: \(what)",
            damagedDigest: entry.digest)
    }

    private func bytes(of key: ObjectKey, _ byteCount: Int, at offset: Int) throws(StoreError) -> [UInt8] {
        let buffer = try AlignedBuffer.forStore(byteCount: byteCount)
        let count = try objects.read(key, into: buffer, range: 0..<byteCount, at: offset)
        guard count == byteCount else {
            throw StoreError(.damaged, key.path, "\(key) ends after \(offset + count) bytes")
        }
        return buffer.copyBytes(0..<byteCount)
    }
}
