/// The unit of a volume: 512 KiB, as in the EBS direct API.
package enum BlockGeometry {
    package static let byteCount = 524_288

    /// How many blocks hold `byteCount` bytes; the last may be short.
    package static func blockCount(ofByteCount byteCount: Int) -> Int {
        byteCount / Self.byteCount + (byteCount % Self.byteCount == 0 ? 0 : 1)
    }
}

/// The place of a block in its volume: offset / 524,288.
package struct BlockIndex: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: Int

    package init(_ rawValue: Int) {
        precondition(rawValue >= 0, "block index \(rawValue)")
        self.rawValue = rawValue
    }

    /// The block that holds byte `offset` of the volume.
    package init(containing offset: Int) { self.init(offset / BlockGeometry.byteCount) }

    /// Where the block begins, in bytes.
    package var byteOffset: Int { rawValue * BlockGeometry.byteCount }

    package var description: String { String(rawValue) }

    package static func < (left: BlockIndex, right: BlockIndex) -> Bool { left.rawValue < right.rawValue }
}

/// A run of bytes of a volume.
package struct ByteExtent: Hashable, Sendable, CustomStringConvertible {
    package var offset: Int
    package var byteCount: Int

    package init(offset: Int, byteCount: Int) {
        precondition(offset >= 0 && byteCount >= 0, "extent at \(offset) of \(byteCount) bytes")
        self.offset = offset
        self.byteCount = byteCount
    }

    package var end: Int { offset + byteCount }

    /// The bytes by their first and last offset, as people write ranges of a disk.
    package var description: String {
        byteCount == 0 ? "no bytes at \(offset)" : "bytes \(offset)–\(end - 1)"
    }
}

extension ByteExtent {
    /// Appends to a sorted list, joining it with the last where they touch.
    package static func append(_ extent: ByteExtent, to list: inout [ByteExtent]) {
        guard extent.byteCount > 0 else { return }
        if let last = list.last, last.end == extent.offset {
            list[list.count - 1].byteCount += extent.byteCount
        } else {
            list.append(extent)
        }
    }
}
