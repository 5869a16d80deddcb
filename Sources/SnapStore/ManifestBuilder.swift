internal import SnapCodec
package import SnapModel

/// Builds the manifest of an image whose blocks come in any order.
///
/// A leaf is finished, and its page handed on, as soon as each of its blocks is accounted for; until then it is in
/// memory. So memory is that of the leaves that blocks are in flight for, and 32 bytes for every leaf. Not safe for threads.
package struct ManifestBuilder {
    private let blockCount: Int
    private let volumeByteCount: Int
    private let hasher = Hasher()
    private var openLeaves: [Int: OpenLeaf] = [:]
    /// The finished leaves that are not empty, by number.
    private var leaves: [ManifestPage.Entry] = []
    private var accountedCount = 0

    private struct OpenLeaf {
        var accountedCount = 0
        var entries: [ManifestPage.Entry] = []
    }

    private final class Hasher {
        private let hasher = BlockHasher()
        func digest(of bytes: [UInt8]) -> Digest { hasher.digest(of: bytes) }
    }

    package init(volumeByteCount: Int) {
        self.volumeByteCount = volumeByteCount
        blockCount = BlockGeometry.blockCount(ofByteCount: volumeByteCount)
    }

    /// A page that is ready to be stored.
    package typealias Page = (id: PageID, bytes: [UInt8])

    /// Accounts for all blocks of a leaf that was finished before, whose page is stored. None of them may be accounted for.
    package mutating func adopt(_ leaf: LeafCheckpoint) {
        let blocks = ManifestFormat.blocks(ofLeaf: leaf.number, blockCount: blockCount)
        precondition(!blocks.isEmpty && openLeaves[leaf.number] == nil, "leaf \(leaf.number) cannot be adopted")
        accountedCount += blocks.count
        if let page = leaf.page { leaves.append(ManifestPage.Entry(place: leaf.number, digest: page.digest)) }
    }

    /// Accounts for a block: its chunk, or nil when it is zero. Returns the leaf that this finishes.
    package mutating func account(_ index: BlockIndex, _ digest: Digest?) -> FinishedLeaf? {
        precondition(index.rawValue < blockCount, "block \(index) of \(blockCount)")
        let number = index.rawValue / ManifestFormat.fanOut
        if let digest {
            openLeaves[number, default: OpenLeaf()].entries.append(
                ManifestPage.Entry(place: index.rawValue % ManifestFormat.fanOut, digest: digest))
        }
        return advance(leaf: number, by: 1)
    }

    /// Accounts for a run of zero blocks, at the price of the leaves it begins and ends in. Returns those that this
    /// finishes, but none that lies wholly in the run: nothing was done for it.
    package mutating func accountZeros(_ range: Range<Int>) -> [FinishedLeaf] {
        guard !range.isEmpty else { return [] }
        precondition(range.upperBound <= blockCount, "blocks \(range) of \(blockCount)")
        let fanOut = ManifestFormat.fanOut
        let edges = Set([range.lowerBound / fanOut, (range.upperBound - 1) / fanOut]).sorted()
        var finished: [FinishedLeaf] = []
        var partial = 0
        for number in edges {
            let part = range.clamped(to: number * fanOut..<(number + 1) * fanOut).count
            partial += part
            let isBegun = openLeaves[number] != nil
            if let leaf = advance(leaf: number, by: part), isBegun { finished.append(leaf) }
        }
        accountedCount += range.count - partial
        return finished
    }

    /// Once every block is accounted for: the pages above the leaves and the root, each handed to `store`.
    package mutating func finish<Failure: Error>(
        _ store: (Page) throws(Failure) -> Void
    ) throws(Failure) -> PageID {
        precondition(accountedCount == blockCount, "\(accountedCount) of \(blockCount) blocks are accounted for")
        var level = 0
        var entries = leaves.sorted { $0.place < $1.place }
        let topLevel = ManifestFormat.topLevel(blockCount: blockCount)
        while level < topLevel {
            level += 1
            entries = try combine(entries, level: level, store)
        }
        let root = ManifestRoot(volumeByteCount: volumeByteCount, top: entries.first.map { PageID($0.digest) })
        let page = page(root.encoded())
        try store(page)
        return page.id
    }

    /// Groups pages by the page above them; the places of what comes and goes are counted from the volume's start.
    private func combine<Failure: Error>(
        _ lower: [ManifestPage.Entry], level: Int, _ store: (Page) throws(Failure) -> Void
    ) throws(Failure) -> [ManifestPage.Entry] {
        var upper: [ManifestPage.Entry] = []
        var index = 0
        while index < lower.count {
            let number = lower[index].place / ManifestFormat.fanOut
            var entries: [ManifestPage.Entry] = []
            while index < lower.count, lower[index].place / ManifestFormat.fanOut == number {
                entries.append(
                    ManifestPage.Entry(place: lower[index].place % ManifestFormat.fanOut, digest: lower[index].digest))
                index += 1
            }
            let page = page(ManifestPage(level: level, entries: entries).encoded())
            try store(page)
            upper.append(ManifestPage.Entry(place: number, digest: page.id.digest))
        }
        return upper
    }

    private mutating func advance(leaf number: Int, by count: Int) -> FinishedLeaf? {
        accountedCount += count
        var leaf = openLeaves[number, default: OpenLeaf()]
        leaf.accountedCount += count
        let fullCount = ManifestFormat.blocks(ofLeaf: number, blockCount: blockCount).count
        precondition(leaf.accountedCount <= fullCount, "leaf \(number) has more than its \(fullCount) blocks")
        guard leaf.accountedCount == fullCount else {
            openLeaves[number] = leaf
            return nil
        }
        openLeaves[number] = nil
        guard !leaf.entries.isEmpty else { return FinishedLeaf(number: number, page: nil, entries: []) }
        leaf.entries.sort { $0.place < $1.place }
        let page = page(ManifestPage(level: 0, entries: leaf.entries).encoded())
        leaves.append(ManifestPage.Entry(place: number, digest: page.id.digest))
        return FinishedLeaf(number: number, page: page, entries: leaf.entries)
    }

    private func page(_ bytes: [UInt8]) -> Page { (PageID(hasher.digest(of: bytes)), bytes) }
}
