package import SnapModel

/// What a collection of garbage found, and did about it. With `isDryRun`: would do.
///
/// Bytes of chunks and pages are those that they take in packs, without the packs' own headers, footers and padding.
package struct GarbageReport: Hashable, Sendable {
    package var isDryRun = false
    /// Packs there were.
    package var packCount = 0
    package var packByteCount = 0
    /// Chunks and pages that snapshots need, and those that none does.
    package var needed = BodyCount()
    package var unneeded = BodyCount()
    /// Packs in which nothing was needed, and which were removed.
    package var removedPackCount = 0
    /// Packs that were removed after what was needed in them had been copied.
    package var rewrittenPackCount = 0
    package var copied = BodyCount()
    /// What came free, of `unneeded`.
    package var freed = BodyCount()
    /// By how much the packs together became smaller.
    package var freedPackByteCount = 0
    /// Packs that are to go, and stay until the snapshots that are pending have ended, or because something in them is
    /// needed after all or cannot be read.
    package var deferredPackCount = 0

    package init() {}
}
