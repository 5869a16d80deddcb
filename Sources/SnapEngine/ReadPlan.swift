internal import SnapModel
internal import SnapStore

/// Bodies that lie close together in one pack, read by one request.
struct PackRead: Sendable {
    /// The most that one read fetches.
    static let byteLimit = 4 << 20
    /// Bytes of others between two bodies that are read rather than skipped.
    static let gapLimit = 128 << 10

    struct Body: Sendable {
        var location: ChunkLocation
        /// The blocks that hold this content.
        var blocks: [BlockIndex]
    }

    var pack: PackID
    var bodies: [Body]

    /// What is read, aligned.
    var start: Int {
        (bodies.first?.location.entry.offset ?? 0) / ObjectAlignment.byteCount * ObjectAlignment.byteCount
    }
    var byteCount: Int { ObjectAlignment.roundUp(end - start) }
    private var end: Int { bodies.last.map { $0.location.entry.offset + $0.location.entry.storedByteCount } ?? 0 }

    /// How large a buffer must be for any read.
    static let bufferByteCount =
        byteLimit + ObjectAlignment.roundUp(BlockGeometry.byteCount) + 2 * ObjectAlignment.byteCount

    /// Orders bodies by their place in the store, and joins what is near.
    static func plan(_ bodies: [Body]) -> [PackRead] {
        let sorted = bodies.sorted {
            ($0.location.pack, $0.location.entry.offset) < ($1.location.pack, $1.location.entry.offset)
        }
        var reads: [PackRead] = []
        for body in sorted {
            if let last = reads.indices.last, reads[last].takes(body) {
                reads[last].bodies.append(body)
            } else {
                reads.append(PackRead(pack: body.location.pack, bodies: [body]))
            }
        }
        return reads
    }

    private func takes(_ body: Body) -> Bool {
        let entry = body.location.entry
        return body.location.pack == pack && entry.offset <= end + Self.gapLimit
            && entry.offset + entry.storedByteCount - start <= Self.byteLimit
    }
}
