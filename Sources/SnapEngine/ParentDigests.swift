internal import SnapModel
internal import SnapStore
internal import Synchronization

/// The digests of a volume's last completed snapshot, by block: what an unchanged block is recognised by without asking
/// the index. Only ever compared with what was read, so that a wrong parent costs time and not truth.
final class ParentDigests: Sendable {
    /// Leaves that readers may be in at one time.
    private static let leafLimit = 4

    private let manifest: ManifestReader
    private let leaves = Mutex<[(number: Int, digests: [Digest?])]>([])

    init(_ manifest: ManifestReader) { self.manifest = manifest }

    /// nil where the block was zero, or the page that names it cannot be read. From any thread.
    func digest(at index: BlockIndex) -> Digest? {
        let number = index.rawValue / ManifestFormat.fanOut
        let place = index.rawValue % ManifestFormat.fanOut
        return leaves.withLock { leaves in
            if let leaf = leaves.last(where: { $0.number == number }) { return leaf.digests[place] }
            let digests = load(number)
            leaves.append((number, digests))
            if leaves.count > Self.leafLimit { leaves.removeFirst() }
            return digests[place]
        }
    }

    /// A leaf that cannot be read is as good as none: the index is asked instead. Its page is suspect by then.
    private func load(_ number: Int) -> [Digest?] {
        var digests = [Digest?](repeating: nil, count: ManifestFormat.fanOut)
        guard let leaf = try? manifest.leaf(number) else { return digests }
        for entry in leaf.entries { digests[entry.place] = entry.digest }
        return digests
    }
}
