internal import SnapCatalogue
internal import SnapModel
internal import SnapStore

/// Gathers the changes of an image and notes them in the catalogue, part by part, so that memory does not grow with the
/// image. For one thread.
final class ChangeNoting {
    private static let partLimit = 65_536

    private let change: UnknownChange
    private let catalogue: Catalogue
    private var counts: [Digest: (count: Int, isPage: Bool)] = [:]
    private var partCount = 0

    init(_ change: UnknownChange, catalogue: Catalogue) {
        self.change = change
        self.catalogue = catalogue
    }

    func add(_ change: ManifestChange) throws(StoreError) {
        switch change {
        case .page(let digest, let count): counts[digest, default: (0, true)].count += count
        case .chunk(let digest, let count): counts[digest, default: (0, false)].count += count
        }
        if counts.count >= Self.partLimit { try write() }
    }

    func finish() throws(StoreError) {
        if !counts.isEmpty || partCount == 0 { try write() }
        try noting { () throws(CatalogueError) in try catalogue.finishImageChange(change, partCount: partCount) }
    }

    private func write() throws(StoreError) {
        partCount += 1
        let digests = counts.filter { $0.value.count != 0 }.keys.sorted()
        try noting { () throws(CatalogueError) in
            let sizes = try catalogue.storedByteCounts(of: digests)
            let changes = digests.compactMap { digest in
                counts[digest].map {
                    ImageChange(digest, count: $0.count, storedByteCount: sizes[digest] ?? 0, isPage: $0.isPage)
                }
            }
            try catalogue.noteImageChange(change, part: partCount, changes)
        }
        counts.removeAll(keepingCapacity: true)
    }

    /// The walk over the manifest has one type of error.
    private func noting(_ body: () throws(CatalogueError) -> Void) throws(StoreError) {
        do throws(CatalogueError) {
            try body()
        } catch {
            throw StoreError(.failed, error.subject, error.description)
        }
    }
}
