internal import SnapCatalogue
internal import SnapModel
internal import SnapStore
internal import SnapSystem

/// Copies what is needed of packs to new ones, as it is stored: nothing is decompressed. For one thread.
final class PackCopier {
    private let engine: Engine
    private var open: [PackKind: OpenCopy] = [:]
    private var copied = BodyCount()
    private var packByteCount = 0

    init(_ engine: Engine) { self.engine = engine }

    /// Copies what the index finds in `pack` and is needed. False when some of that cannot be read: the pack must stay.
    func add(_ pack: DoomedPack) throws(EngineError) -> Bool {
        let sealed: SealedPack
        do throws(StoreError) {
            sealed = try engine.packs.list(pack.id)
        } catch {
            guard error.isDamage else { throw EngineError(error) }
            return false
        }
        let wanted = sealed.entries.map(\.digest).filter { !pack.unneeded.contains($0) }
        let locations = try cataloguing { () throws(CatalogueError) in try engine.catalogue.locations(of: wanted) }
        var isWhole = true
        for digest in wanted {
            guard let location = locations[digest], location.pack == pack.id else { continue }
            if try !copy(location, kind: sealed.kind) { isWhole = false }
        }
        return isWhole
    }

    /// Makes the copies durable, and lets the index find them. Returns what was copied, and the bytes of the new packs.
    func finish() throws(EngineError) -> (copied: BodyCount, packByteCount: Int) {
        for kind in PackKind.allCases { try publish(kind) }
        return (copied, packByteCount)
    }

    /// Removes what is not published.
    func abandon() {
        for copy in open.values { copy.abandon() }
        open = [:]
    }

    /// False when it cannot be read.
    private func copy(_ location: ChunkLocation, kind: PackKind) throws(EngineError) -> Bool {
        let copy: OpenCopy
        if let known = open[kind] { copy = known } else { copy = try OpenCopy(kind, in: engine) }
        open[kind] = copy
        do throws(StoreError) {
            guard try copy.append(location, from: engine.packs) else { return false }
        } catch {
            guard error.isDamage else { throw EngineError(error) }
            engine.catalogue.suspect(location, error)
            return false
        }
        copied.add(location.entry.storedByteCount)
        if copy.byteCount >= engine.configuration.packByteCount { try publish(kind) }
        return true
    }

    private func publish(_ kind: PackKind) throws(EngineError) {
        guard let copy = open[kind] else { return }
        let moved = copy.moved
        let pack = try storing { () throws(StoreError) in try copy.finish() }
        open[kind] = nil
        guard let pack else { return }
        let sealed: SealedPack
        do throws(StoreError) {
            sealed = try engine.store.publish([pack])[0]
        } catch {
            pack.abandon()
            throw EngineError(error)
        }
        packByteCount += sealed.byteCount
        let places = Dictionary(sealed.entries.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
        let entries = moved.compactMap { location in
            places[location.entry.digest].map {
                MovedEntry(entry: $0, oldPack: location.pack, oldOffset: location.entry.offset)
            }
        }
        try cataloguing { () throws(CatalogueError) in try engine.catalogue.relocate(entries, to: sealed) }
    }
}

/// A pack of copies that is being filled.
private final class OpenCopy {
    private var writer: PackWriter?
    private var segment: PackSegment?
    private let buffer: AlignedBuffer
    /// What was appended, where it was until now.
    private(set) var moved: [ChunkLocation] = []

    init(_ kind: PackKind, in engine: Engine) throws(EngineError) {
        do throws(SystemError) {
            buffer = try AlignedBuffer(byteCount: BlockGeometry.byteCount)
        } catch {
            throw EngineError(error)
        }
        do throws(StoreError) {
            writer = try PackWriter(
                .make(at: .now()), kind: kind, in: engine.store.objects,
                targetByteCount: engine.configuration.packByteCount)
        } catch {
            throw EngineError(error)
        }
    }

    /// What was written so far.
    var byteCount: Int { writer?.byteCount ?? 0 }

    func append(_ location: ChunkLocation, from packs: PackReader) throws(StoreError) -> Bool {
        try packs.readStored(location, into: buffer)
        if segment == nil { segment = try newSegment() }
        segment?.append(location.entry, stored: buffer, range: 0..<location.entry.storedByteCount)
        moved.append(location)
        if segment?.isFull == true { try write() }
        return true
    }

    /// nil when nothing was appended.
    func finish() throws(StoreError) -> UnpublishedPack? {
        try write()
        guard !moved.isEmpty, let pack = try writer?.finish() else {
            abandon()
            return nil
        }
        return pack
    }

    func abandon() { writer?.abandon() }

    private func write() throws(StoreError) {
        guard let full = segment.take() else { return }
        try writer?.append(full)
    }

    private func newSegment() throws(StoreError) -> PackSegment {
        do throws(SystemError) {
            return PackSegment(buffer: try AlignedBuffer(byteCount: PackSegment.bufferByteCount))
        } catch {
            throw StoreError(error)
        }
    }
}
