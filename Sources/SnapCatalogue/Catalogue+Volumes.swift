internal import GRDB
package import SnapModel

extension Catalogue {
    /// The volume that is at `path` now: known by its identity, else recorded as new. Its path and size are brought up
    /// to date.
    ///
    /// A strong identity is believed. A weak one may be claimed by two devices, which are told apart, never merged: it
    /// names a known volume only where the path is the same, or where `isOtherStillThere` denies that the known volume is
    /// still to be found where it was last seen. That closure may touch devices, so it runs outside of any
    /// transaction, at most once for each claimant. Safe against other processes that register at once.
    package func registerVolume(
        identity: VolumeIdentity,
        path: String,
        byteCount: Int,
        isOtherStillThere: (Volume) -> Bool,
        at time: Timestamp
    ) throws(CatalogueError) -> Volume {
        let seen = SeenVolume(identity: identity, path: path, byteCount: byteCount, time: time)
        var departed: Set<Volume> = []
        var present: Set<Volume> = []
        for _ in 0..<Self.claimantLimit {
            let step = try write { try $0.register(seen, departed: departed, present: present) }
            switch step {
            case .registered(let volume): return volume
            case .undecided(let claimant):
                if isOtherStillThere(claimant) { present.insert(claimant) } else { departed.insert(claimant) }
            }
        }
        throw CatalogueError(
            .failed,
            path,
            "shares its identity with more than \(Self.claimantLimit) other volumes"
        )
    }

    /// Throws `unknownVolume`.
    package func volume(_ id: VolumeID) throws(CatalogueError) -> Volume {
        let found = try read { try $0.volumes("WHERE volumeId = ?", [id.rawValue]).first }
        guard let found else { throw CatalogueError.unknown(id) }
        return found.volume
    }

    /// Those of `ids`, each once, in the order in which they became known. Throws `unknownVolume` for the first id that
    /// there is none of.
    package func volumes(_ ids: [VolumeID]) throws(CatalogueError) -> [Volume] {
        let found = try read { database in
            try database.volumes(
                "WHERE volumeId IN (SELECT value FROM json_each(?)) ORDER BY createTime, id", [JSONArray.text(of: ids)])
        }.map(\.volume)
        let known = Set(found.map(\.id))
        if let unknown = ids.first(where: { !known.contains($0) }) { throw CatalogueError.unknown(unknown) }
        return found
    }

    /// All volumes, in the order in which they became known.
    package func volumes() throws(CatalogueError) -> [Volume] {
        try read { try $0.volumes("ORDER BY createTime, id").map(\.volume) }
    }

    private static let claimantLimit = 1_000
}
