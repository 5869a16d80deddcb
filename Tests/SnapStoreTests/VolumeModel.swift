import SnapModel
import SnapTestSupport

@testable import SnapStore

/// What an image should hold, in a dictionary.
struct VolumeModel {
    var byteCount: Int
    /// Blocks that are not zero.
    var blocks: [Int: Digest] = [:]

    var blockCount: Int { BlockGeometry.blockCount(ofByteCount: byteCount) }

    /// A volume of whole blocks.
    init(blockCount: Int, stored indexes: [Int] = []) {
        byteCount = blockCount * BlockGeometry.byteCount
        for index in indexes { blocks[index] = Sample.digest(of: "\(index)") }
    }

    /// `storedCount` random blocks, half of them in runs.
    static func random(
        blockCount: Int,
        storedCount: Int,
        using generator: inout SeededRandom
    ) -> VolumeModel {
        var model = VolumeModel(blockCount: blockCount)
        while model.blocks.count < min(storedCount, blockCount) {
            let start = Int.random(in: 0..<blockCount, using: &generator)
            let length = Bool.random(using: &generator) ? 1 : Int.random(in: 1...64, using: &generator)
            for index in start..<min(blockCount, start + length) {
                model.blocks[index] = Sample.digest(
                    of: "\(index) \(Int.random(in: 0..<3, using: &generator))"
                )
            }
        }
        return model
    }

    /// Some blocks changed, added, and made zero.
    func changed(_ count: Int, using generator: inout SeededRandom) -> VolumeModel {
        var model = self
        for _ in 0..<count {
            let index = Int.random(in: 0..<blockCount, using: &generator)
            let isZeroed = Int.random(in: 0..<3, using: &generator) == 0
            model.blocks[index] = isZeroed ? nil : Sample.digest(of: "changed \(generator.next())")
        }
        return model
    }

    /// Grown with zeros, or cut.
    func resized(toBlockCount count: Int) -> VolumeModel {
        var model = self
        model.byteCount = count * BlockGeometry.byteCount
        model.blocks = blocks.filter { $0.key < count }
        return model
    }

    private enum Event {
        case block(Int)
        case zeros(Range<Int>)
    }

    /// Builds the manifest, accounting for its blocks in an order of the generator's; pages go to `pages`.
    func build(into pages: PageStore, using generator: inout SeededRandom) -> PageID {
        var builder = ManifestBuilder(volumeByteCount: byteCount)
        for event in events(using: &generator).shuffled(using: &generator) {
            switch event {
            case .block(let index):
                if let page = builder.account(BlockIndex(index), blocks[index])?.page { pages.store(page) }
            case .zeros(let range):
                for leaf in builder.accountZeros(range) { leaf.page.map(pages.store) }
            }
        }
        return builder.finish { pages.store($0) }
    }

    /// Stored blocks one by one; the zeros between them in runs that are cut anywhere, or one by one too.
    private func events(using generator: inout SeededRandom) -> [Event] {
        var events: [Event] = []
        var next = 0
        for index in blocks.keys.sorted() + [blockCount] {
            var start = next
            while start < index {
                let end =
                    Int.random(in: 0..<3, using: &generator) == 0
                    ? Int.random(in: start...index, using: &generator) : index
                if end == start + 1, Bool.random(using: &generator) {
                    events.append(.block(start))
                } else {
                    events.append(.zeros(start..<end))
                }
                start = end
            }
            if index < blockCount { events.append(.block(index)) }
            next = index + 1
        }
        return events
    }
}
