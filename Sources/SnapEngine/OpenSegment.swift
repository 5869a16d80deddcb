internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import Synchronization

/// The segment that a worker fills. Others may have it written before it is full.
final class OpenSegment: Sendable {
    private let segment = Mutex<PackSegment?>(nil)

    /// Appends a chunk, and hands the segment over once it is full. Returns how many bytes the chunk takes, and false once
    /// the run has failed.
    func append(
        _ digest: Digest, _ buffer: borrowing AlignedBuffer, range: Range<Int>, to writer: StoreWriter
    ) -> (storedByteCount: Int, isTaken: Bool) {
        segment.withLock { segment in
            var open = segment.take() ?? writer.newSegment()
            let byteCount = open.append(digest, buffer, range: range)
            if open.isFull { return (byteCount, writer.put(open, kind: .blocks)) }
            segment = consume open
            return (byteCount, true)
        }
    }

    /// Hands over what is there.
    func handOver(to writer: StoreWriter) {
        segment.withLock { segment in
            // A refusal means that the run has failed already, and its failure is told when it ends.
            if let open = segment.take() { _ = writer.put(open, kind: .blocks) }
        }
    }
}
