/// How full a thin pool may be. Every write to a volume that has a snapshot takes new room from its pool, and a pool that has
/// none left stops all who write to any of its volumes.
enum ThinPoolLimits {
    /// Above these, none is begun.
    static let data = 0.95
    static let metadata = 0.90
    /// Above these, one that is being read is given up, before the pool is full.
    static let lastData = 0.98
    static let lastMetadata = 0.95

    /// Throws `noReserve`.
    static func check(_ pool: LogicalVolume) throws(ConsistencyError) {
        if let words = excess(pool) { throw ConsistencyError(.noReserve, words) }
    }

    /// Why no snapshot is begun in `pool`, and what to do; nil: it may be.
    static func excess(_ pool: LogicalVolume) -> String? {
        if let used = pool.usedFraction, used > data {
            return "thin pool \(pool.fullName) is \(percent(used)) full, more than \(percent(data)); "
                + "extend it (lvextend) or free some of it"
        }
        if let used = pool.usedMetadataFraction, used > metadata {
            return
                "the metadata of thin pool \(pool.fullName) is \(percent(used)) full, more than \(percent(metadata)); "
                + "extend it (lvextend --poolmetadatasize)"
        }
        return nil
    }

    static func isExceeded(used: Double, usedMetadata: Double) -> Bool {
        used > lastData || usedMetadata > lastMetadata
    }

    static func percent(_ fraction: Double) -> String { "\(Int((fraction * 100).rounded(.down))) %" }
}
