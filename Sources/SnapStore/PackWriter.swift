package import SnapModel
internal import SnapSystem

/// A pack that is being written. Its bodies count for nothing until it is published and committed.
package struct PackWriter: ~Copyable, Sendable {
    package let id: PackID
    package let kind: PackKind
    private let object: any ObjectWriter
    private var entries: [PackEntry] = []
    package private(set) var byteCount = 0

    package init(_ id: PackID, kind: PackKind, in objects: any ObjectStore, targetByteCount: Int) throws(StoreError) {
        self.id = id
        self.kind = kind
        let byteCount = targetByteCount + PackSegment.bufferByteCount
        object = try objects.startObject(StoreLayout.key(of: id), byteCount: byteCount)
    }

    /// Writes a segment behind the others.
    package mutating func append(_ segment: borrowing PackSegment) throws(StoreError) {
        segment.fillFront(byteCount == 0 ? PackFormat.header(of: id, kind: kind) : nil)
        let end = segment.pad()
        try object.append(segment.buffer, range: 0..<end)
        for var entry in segment.entries {
            entry.offset += byteCount
            entries.append(entry)
        }
        byteCount += end
    }

    /// Writes the footer. The pack is whole then, but nobody sees it before it is published.
    package borrowing func finish() throws(StoreError) -> UnpublishedPack {
        let footer = PackFormat.footer(entries, at: byteCount)
        let buffer = try AlignedBuffer.forStore(byteCount: footer.count)
        buffer.store(footer, at: 0)
        try object.append(buffer, range: 0..<footer.count)
        return UnpublishedPack(
            pack: SealedPack(id: id, kind: kind, byteCount: byteCount + footer.count, entries: entries), object: object)
    }

    /// Removes what was written.
    package borrowing func abandon() { object.abandon() }
}

extension AlignedBuffer {
    /// New memory, with the store's error where there is none.
    static func forStore(byteCount: Int) throws(StoreError) -> AlignedBuffer {
        do throws(SystemError) {
            return try AlignedBuffer(byteCount: byteCount)
        } catch {
            throw StoreError(error)
        }
    }
}

/// A pack that is whole but not yet durable under its name.
package struct UnpublishedPack: Sendable {
    package let pack: SealedPack
    let object: any ObjectWriter

    /// Removes it.
    package func abandon() { object.abandon() }
}
