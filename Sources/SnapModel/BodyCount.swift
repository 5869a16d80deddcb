/// Bodies of packs: how many, and their stored bytes.
package struct BodyCount: Hashable, Sendable {
    package var count: Int
    package var byteCount: Int

    package init(count: Int = 0, byteCount: Int = 0) {
        self.count = count
        self.byteCount = byteCount
    }

    package mutating func add(_ byteCount: Int) {
        count += 1
        self.byteCount += byteCount
    }

    package static func += (left: inout BodyCount, right: BodyCount) {
        left.count += right.count
        left.byteCount += right.byteCount
    }
}
