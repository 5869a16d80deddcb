internal import FoundationEssentials
internal import GRDB
internal import SnapCodec
package import SnapModel

/// A chunk or page that an image names more or less often than another does. By the first half of its digest: two of
/// 10⁹ chunks are the same in that once in 10²⁰ stores.
package struct ImageChange: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64
    /// How often more; negative: less.
    package var count: Int32
    /// Low bits: what it takes in its pack. The highest: whether it is a page of a manifest.
    private var size: UInt32

    private static let pageFlag: UInt32 = 1 << 31
    static let byteCount = 24

    package init(_ digest: Digest, count: Int, storedByteCount: Int, isPage: Bool) {
        (high, low) = digest.leadingWords
        self.count = Int32(clamping: count)
        size = UInt32(clamping: storedByteCount) & ~Self.pageFlag | (isPage ? Self.pageFlag : 0)
    }

    init(high: UInt64, low: UInt64, count: Int32, size: UInt32) {
        (self.high, self.low, self.count, self.size) = (high, low, count, size)
    }

    package var storedByteCount: Int { Int(size & ~Self.pageFlag) }
    package var isPage: Bool { size & Self.pageFlag != 0 }

    /// As column `changes` has them: little-endian, in the order of the fields.
    static func blob(of changes: [ImageChange]) -> Data {
        var writer = BinaryWriter(capacity: changes.count * byteCount)
        for change in changes {
            writer.append(change.high)
            writer.append(change.low)
            writer.append(UInt32(bitPattern: change.count))
            writer.append(change.size)
        }
        return Data(writer.bytes)
    }
}

/// A completed snapshot, as sizes are counted from it.
package struct SizedImage: Hashable, Sendable {
    package var snapshot: SnapshotID
    package var root: PageID
    package var volumeByteCount: Int
    package var fullByteCount: Int
    /// The number of its volume. Images are ordered by it, then by time.
    package var volumeKey: Int64
}

/// An image whose changes from the one before it are not known.
package struct UnknownChange: Hashable, Sendable {
    package var image: SizedImage
    /// nil for the first of its volume.
    package var base: SizedImage?
}
