package import SnapModel

extension ManifestReader {
    /// Calls `body` with every chunk that the image names, as often as its pages name it; but not with what is below a page
    /// that `enter`, which is asked once for each page where it stands, refuses: one that was walked before has nothing
    /// new. The root itself is not asked for. For images that share pages.
    package func forEachChunk(
        entering enter: (PageID) -> Bool, _ body: (Digest) -> Void
    ) throws(StoreError) {
        guard let top = root.top else { return }
        try forEachChunk(below: top, level: root.topLevel, enter, body)
    }

    private func forEachChunk(
        below id: PageID, level: Int, _ enter: (PageID) -> Bool, _ body: (Digest) -> Void
    ) throws(StoreError) {
        guard enter(id) else { return }
        for entry in try page(id, level: level).entries {
            if level == 0 {
                body(entry.digest)
            } else {
                try forEachChunk(below: PageID(entry.digest), level: level - 1, enter, body)
            }
        }
    }
}
