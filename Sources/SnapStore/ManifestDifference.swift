package import SnapModel

/// A block that differs between two images; a side is nil where the block is zero, or beyond the volume's end.
package struct BlockDifference: Hashable, Sendable {
    package var index: BlockIndex
    package var first: Digest?
    package var second: Digest?

    package init(index: BlockIndex, first: Digest?, second: Digest?) {
        self.index = index
        self.first = first
        self.second = second
    }
}

extension ManifestReader {
    /// Calls `body` with every block that differs from `second`, in order. Equal pages are not even read.
    package func forEachDifference(
        to second: ManifestReader, _ body: (BlockDifference) -> Void
    ) throws(StoreError) {
        var (left, right) = (Subtree(root), Subtree(second.root))
        let level = max(left.level, right.level)
        left.raise(to: level)
        right.raise(to: level)
        try compare(left, right, second, firstBlock: 0, body)
    }

    private func compare(
        _ left: Subtree, _ right: Subtree, _ second: ManifestReader, firstBlock: Int,
        _ body: (BlockDifference) -> Void
    ) throws(StoreError) {
        if left == right { return }
        let leftEntries = try left.entries(of: self, firstBlock: firstBlock)
        let rightEntries = try right.entries(of: second, firstBlock: firstBlock)
        let level = max(left.level, right.level)
        let span = ManifestFormat.entrySpan(ofLevel: level)
        for place in Set(leftEntries.keys).union(rightEntries.keys).sorted() {
            let (a, b) = (leftEntries[place], rightEntries[place])
            let first = firstBlock + place * span
            if level == 0 {
                if a?.page != b?.page {
                    body(BlockDifference(index: BlockIndex(first), first: a?.page?.digest, second: b?.page?.digest))
                }
            } else {
                let absent = Subtree(page: nil, level: level - 1, pageLevel: level - 1)
                try compare(a ?? absent, b ?? absent, second, firstBlock: first, body)
            }
        }
    }
}

/// A part of a tree that spans `level`. Its page may be of a lower level: a small volume seen as the start of a large one.
private struct Subtree: Equatable {
    /// nil: nothing is there. At "level −1" it is a chunk's digest.
    var page: PageID?
    var level: Int
    var pageLevel: Int

    init(page: PageID?, level: Int, pageLevel: Int) {
        self.page = page
        self.level = level
        self.pageLevel = pageLevel
    }

    init(_ root: ManifestRoot) { self.init(page: root.top, level: root.topLevel, pageLevel: root.topLevel) }

    mutating func raise(to level: Int) { self.level = level }

    func entries(of reader: ManifestReader, firstBlock: Int) throws(StoreError) -> [Int: Subtree] {
        guard let page else { return [:] }
        if pageLevel < level { return [0: Subtree(page: page, level: level - 1, pageLevel: pageLevel)] }
        var entries: [Int: Subtree] = [:]
        for entry in try reader.page(page, level: pageLevel, firstBlock: firstBlock).entries {
            entries[entry.place] = Subtree(page: PageID(entry.digest), level: level - 1, pageLevel: pageLevel - 1)
        }
        return entries
    }
}
