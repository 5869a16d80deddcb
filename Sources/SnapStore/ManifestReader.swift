internal import SnapCodec
package import SnapModel

/// Where pages come from: whoever can find them by id.
package protocol PageSource: Sendable {
    /// The bytes of a page, checked against its id. From any thread.
    func page(_ id: PageID) throws(StoreError) -> [UInt8]
}

/// Reads the manifest of an image.
package struct ManifestReader: Sendable {
    package let root: ManifestRoot
    private let pages: any PageSource

    package init(_ root: PageID, pages: any PageSource) throws(StoreError) {
        let bytes = try pages.page(root)
        do throws(CodecError) {
            self.root = try ManifestRoot(decoding: bytes)
        } catch {
            throw StoreError(error, in: "manifest root \(root)")
        }
        self.pages = pages
    }

    /// Calls `body` with every block that is stored, in order. Blocks not mentioned are zero. Ends at the first page that
    /// cannot be read.
    package func forEachBlock<Failure: Error>(
        from start: BlockIndex = BlockIndex(0), onFailure: (StoreError) -> Failure,
        _ body: (BlockIndex, Digest) throws(Failure) -> Void
    ) throws(Failure) {
        try forEachBlock(
            from: start, onUnreadable: { (error, _) throws(Failure) in throw onFailure(error) }, body)
    }

    /// `forEachBlock`, which goes on past pages that cannot be read unless `onUnreadable` throws: it is called, in order,
    /// with the error of each and the blocks that it spans, of which then nothing is known.
    package func forEachBlock<Failure: Error>(
        from start: BlockIndex = BlockIndex(0), onUnreadable: (StoreError, Range<Int>) throws(Failure) -> Void,
        _ body: (BlockIndex, Digest) throws(Failure) -> Void
    ) throws(Failure) {
        try forEachLeaf(from: start, onUnreadable: onUnreadable) { (leaf, page) throws(Failure) in
            for entry in page.entries {
                let index = BlockIndex(leaf * ManifestFormat.fanOut + entry.place)
                if index >= start { try body(index, entry.digest) }
            }
        }
    }

    /// Calls `body` with the number and contents of every leaf that is not empty, in order; `onUnreadable` as
    /// `forEachBlock` does.
    package func forEachLeaf<Failure: Error>(
        from start: BlockIndex = BlockIndex(0), onUnreadable: (StoreError, Range<Int>) throws(Failure) -> Void,
        _ body: (Int, ManifestPage) throws(Failure) -> Void
    ) throws(Failure) {
        guard let top = root.top else { return }
        try walk(top, level: root.topLevel, firstBlock: 0, from: start.rawValue, onUnreadable, body)
    }

    /// The leaf that holds blocks `number` × 1,024 and on; nil when all of them are zero.
    package func leaf(_ number: Int) throws(StoreError) -> ManifestPage? {
        guard var id = root.top else { return nil }
        let firstBlock = number * ManifestFormat.fanOut
        var level = root.topLevel
        guard firstBlock < ManifestFormat.blockSpan(ofLevel: level) else { return nil }
        while true {
            let span = ManifestFormat.blockSpan(ofLevel: level)
            let page = try page(id, level: level, firstBlock: firstBlock / span * span)
            if level == 0 { return page }
            level -= 1
            let place = firstBlock / ManifestFormat.blockSpan(ofLevel: level) % ManifestFormat.fanOut
            guard let entry = page.entries.first(where: { $0.place == place }) else { return nil }
            id = PageID(entry.digest)
        }
    }

    /// Every page id below and with the topmost, each once where subtrees are shared.
    package func forEachPage(_ body: (PageID) -> Void) throws(StoreError) {
        guard let top = root.top else { return }
        var seen: Set<PageID> = []
        try forEachPage(top, level: root.topLevel, &seen, body)
    }

    /// A page of a known place, checked to be of `level` and to name nothing beyond the end of the volume.
    func page(_ id: PageID, level: Int, firstBlock: Int) throws(StoreError) -> ManifestPage {
        let page = try page(id, level: level)
        let last = firstBlock + (page.entries.last?.place ?? 0) * ManifestFormat.entrySpan(ofLevel: level)
        guard last < root.blockCount else {
            throw StoreError(
                .damaged, id.description, "manifest page \(id) names blocks beyond the end of the volume",
                damagedDigest: id.digest)
        }
        return page
    }

    /// A page, checked to be of `level`.
    func page(_ id: PageID, level: Int) throws(StoreError) -> ManifestPage {
        let bytes = try pages.page(id)
        do throws(CodecError) {
            let page = try ManifestPage(decoding: bytes)
            guard page.level == level else {
                throw CodecError(.malformed, "manifest page", "level \(page.level) where \(level) belongs")
            }
            return page
        } catch {
            throw StoreError(error, in: "manifest page \(id)")
        }
    }

    private func walk<Failure: Error>(
        _ id: PageID, level: Int, firstBlock: Int, from start: Int,
        _ onUnreadable: (StoreError, Range<Int>) throws(Failure) -> Void,
        _ body: (Int, ManifestPage) throws(Failure) -> Void
    ) throws(Failure) {
        let page: ManifestPage
        do throws(StoreError) {
            page = try self.page(id, level: level, firstBlock: firstBlock)
        } catch {
            let end = min(firstBlock + ManifestFormat.blockSpan(ofLevel: level), root.blockCount)
            return try onUnreadable(error, min(max(firstBlock, start), end)..<end)
        }
        if level == 0 { return try body(firstBlock / ManifestFormat.fanOut, page) }
        let span = ManifestFormat.entrySpan(ofLevel: level)
        for entry in page.entries {
            let first = firstBlock + entry.place * span
            guard first + span > start else { continue }
            try walk(PageID(entry.digest), level: level - 1, firstBlock: first, from: start, onUnreadable, body)
        }
    }

    private func forEachPage(
        _ id: PageID, level: Int, _ seen: inout Set<PageID>, _ body: (PageID) -> Void
    ) throws(StoreError) {
        guard seen.insert(id).inserted else { return }
        body(id)
        guard level > 0 else { return }
        for entry in try page(id, level: level).entries {
            try forEachPage(PageID(entry.digest), level: level - 1, &seen, body)
        }
    }
}
