internal import SnapCatalogue
internal import SnapCodec
internal import SnapModel
internal import SnapStore
internal import SnapSystem

/// What snapshots need: the pages of their manifests and the chunks that these name. Every page is read once, however
/// many snapshots share it. For one thread.
final class NeededChunks {
    private let pages: CataloguePages
    private var digests = DigestSet()
    /// Whole digests: what is below a page that was taken for another would be lost.
    private var walked: Set<PageID> = []
    /// Those of them that came with what is being added: not walked after all, should that fail.
    private var entered: [PageID] = []
    /// The completed snapshots whose manifests were read.
    private(set) var snapshots: Set<SnapshotID> = []
    /// Told of everything that is found needed from now on.
    var onFound: (Digest) -> Void = { _ in }

    init(pages: CataloguePages) { self.pages = pages }

    func contains(_ digest: Digest) -> Bool { digests.contains(digest) }

    /// Throws `dataDamaged` at the first page that cannot be read: what it names is not known then.
    func add(_ image: KeptImage) throws(EngineError) {
        entered.removeAll(keepingCapacity: true)
        do throws(StoreError) {
            if enter(image.root) {
                try ManifestReader(image.root, pages: pages).forEachChunk(entering: enter, note)
            }
        } catch {
            walked.subtract(entered)
            throw Self.refusal(image.snapshot.rawValue, error)
        }
        snapshots.insert(image.snapshot)
    }

    /// A finished leaf of a pending snapshot. One that cannot be read is read again from its volume, and needs nothing.
    func add(leaf: PageID) throws(EngineError) {
        entered.removeAll(keepingCapacity: true)
        guard enter(leaf) else { return }
        do throws(StoreError) {
            for digest in try entries(of: leaf) { note(digest) }
        } catch {
            walked.subtract(entered)
            guard error.isDamage else { throw EngineError(error) }
        }
    }

    private func entries(of leaf: PageID) throws(StoreError) -> [Digest] {
        let bytes = try pages.page(leaf)
        do throws(CodecError) {
            return try ManifestPage(decoding: bytes).entries.map(\.digest)
        } catch {
            throw StoreError(error, in: "manifest page \(leaf)")
        }
    }

    private func enter(_ page: PageID) -> Bool {
        guard walked.insert(page).inserted else { return false }
        entered.append(page)
        note(page.digest)
        return true
    }

    private func note(_ digest: Digest) {
        if digests.insert(digest) { onFound(digest) }
    }

    private static func refusal(_ subject: String, _ error: StoreError) -> EngineError {
        guard error.isDamage else { return EngineError(error) }
        return EngineError(
            .dataDamaged,
            "a page of the manifest of \(subject) cannot be read, so that it is not known what that needs, and nothing "
                + "is removed: \(error.description)")
    }
}
