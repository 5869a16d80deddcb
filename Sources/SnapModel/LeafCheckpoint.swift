/// A finished leaf of the manifest of a pending snapshot: its page, and every chunk that the page names, are committed,
/// so that whoever goes on with the snapshot need not read its blocks again.
package struct LeafCheckpoint: Hashable, Sendable {
    /// Its place in the volume, counted in leaves.
    package var number: Int
    /// nil when all its blocks are zero.
    package var page: PageID?
    /// How many of its blocks are not zero.
    package var blockCount: Int

    package init(number: Int, page: PageID?, blockCount: Int) {
        self.number = number
        self.page = page
        self.blockCount = blockCount
    }
}
