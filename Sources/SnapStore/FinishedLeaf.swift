package import SnapModel

/// A leaf of a manifest all of whose blocks are accounted for.
package struct FinishedLeaf: Sendable {
    /// Its place in the volume, counted in leaves.
    package let number: Int
    /// To be stored; nil when all its blocks are zero.
    package let page: ManifestBuilder.Page?
    /// Its blocks that are not zero.
    package let entries: [ManifestPage.Entry]

    /// What is to be noted once the page and all that it names are committed.
    package var checkpoint: LeafCheckpoint {
        LeafCheckpoint(number: number, page: page?.id, blockCount: entries.count)
    }
}
