package import SnapModel

/// What an image names more, or less, than another.
package enum ManifestChange: Hashable, Sendable {
    case page(Digest, count: Int)
    case chunk(Digest, count: Int)
}

extension ManifestReader {
    /// Calls `body` with every page and chunk that this image names and `base` does not at the same place (`count` 1), and
    /// the other way round (−1); without `base`, with all it names. Equal pages are not even read. `id` is the page that
    /// the reader was made with. One that is named twice comes twice.
    package func forEachChange(
        _ id: PageID, from base: (id: PageID, manifest: ManifestReader)?,
        _ body: (ManifestChange) throws(StoreError) -> Void
    ) throws(StoreError) {
        if let base {
            guard base.id != id else { return }
            try body(.page(base.id.digest, count: -1))
        }
        try body(.page(id.digest, count: 1))
        let old = base.map { Branch(page: $0.manifest.root.top, level: $0.manifest.root.topLevel, count: -1) }
        let new = Branch(page: root.top, level: root.topLevel, count: 1)
        try compare(old ?? Branch(page: nil, level: root.topLevel, count: -1), new, body)
    }

    /// A part of a tree; `count` is that of what is there and not in the other.
    private struct Branch {
        var page: PageID?
        var level: Int
        var count: Int

        func child(_ digest: Digest?) -> Branch {
            Branch(page: digest.map(PageID.init), level: level - 1, count: count)
        }
    }

    private func compare(
        _ left: Branch, _ right: Branch, _ body: (ManifestChange) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard let leftPage = left.page else { return try tell(right, body) }
        guard let rightPage = right.page else { return try tell(left, body) }
        if left.level != right.level {
            let (high, low) = left.level > right.level ? (left, right) : (right, left)
            return try compare(high: high, low: low, body)
        }
        guard leftPage != rightPage else { return }
        for branch in [left, right] {
            if let page = branch.page { try body(.page(page.digest, count: branch.count)) }
        }
        let entries = (try page(leftPage, level: left.level).entries, try page(rightPage, level: right.level).entries)
        var (first, second) = (0, 0)
        while first < entries.0.count || second < entries.1.count {
            let leftPlace = first < entries.0.count ? entries.0[first].place : .max
            let rightPlace = second < entries.1.count ? entries.1[second].place : .max
            let leftDigest = leftPlace <= rightPlace ? entries.0[first].digest : nil
            let rightDigest = rightPlace <= leftPlace ? entries.1[second].digest : nil
            if leftDigest != nil { first += 1 }
            if rightDigest != nil { second += 1 }
            guard leftDigest != rightDigest else { continue }
            if left.level > 0 {
                try compare(left.child(leftDigest), right.child(rightDigest), body)
            } else {
                if let leftDigest { try body(.chunk(leftDigest, count: left.count)) }
                if let rightDigest { try body(.chunk(rightDigest, count: right.count)) }
            }
        }
    }

    /// A small volume is the start of a large one.
    private func compare(
        high: Branch, low: Branch, _ body: (ManifestChange) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard let page = high.page else { return try tell(low, body) }
        try body(.page(page.digest, count: high.count))
        var isMet = false
        for entry in try self.page(page, level: high.level).entries {
            let child = high.child(entry.digest)
            if entry.place == 0 {
                isMet = true
                try compare(child, low, body)
            } else {
                try tell(child, body)
            }
        }
        if !isMet { try tell(low, body) }
    }

    /// All that is in a branch.
    private func tell(_ branch: Branch, _ body: (ManifestChange) throws(StoreError) -> Void) throws(StoreError) {
        guard let page = branch.page else { return }
        try body(.page(page.digest, count: branch.count))
        for entry in try self.page(page, level: branch.level).entries {
            if branch.level == 0 {
                try body(.chunk(entry.digest, count: branch.count))
            } else {
                try tell(branch.child(entry.digest), body)
            }
        }
    }
}
