internal import SnapCatalogue
internal import SnapModel

/// Counts exactly what belongs to whom, in one pass over the changes from image to image.
///
/// Of each volume the images come in the order of time. A chunk or page that an image names, and the next ones too, is a
/// run of images; its owners are all its runs, of all volumes. One run of one image: it belongs to that alone. Memory: 40
/// to 50 bytes for each distinct chunk.
struct SizeCount {
    /// Of each image, in order.
    private(set) var sizes: [ImageSize] = []
    /// What would come free, were those deleted that the count was made for.
    private(set) var freedByteCount = 0
    /// Of all images together.
    private(set) var whole = ImageSize()
    /// Images whose changes are many times what they come to: to be noted anew.
    private(set) var verbose: [Int] = []

    private let images: [SizedImage]
    /// How many of the images before each are to be kept.
    private var keptBefore: [Int] = [0]
    private var table: ChangeTable
    private var current = -1
    /// Of the image being counted: bodies that it, or one before it, touched.
    private var touched: [Int] = []
    private var opened: [Int] = []
    private var running = ImageSize()

    /// More changes than this, and than `verboseFactor` times their outcome, are verbose.
    private static let (verboseLimit, verboseFactor) = (200_000, 4)

    init(_ images: [SizedImage], deleting: Set<SnapshotID> = []) {
        self.images = images
        let firstBlockCount =
            zip(images, images.dropFirst()).reduce(images.first?.fullByteCount ?? 0) {
                $0 + ($1.0.volumeKey == $1.1.volumeKey ? 0 : $1.1.fullByteCount)
            } / BlockGeometry.byteCount
        // And what later images add.
        table = ChangeTable(expecting: firstBlockCount + firstBlockCount / 4)
        for image in images {
            keptBefore.append(keptBefore[keptBefore.count - 1] + (deleting.contains(image.snapshot) ? 0 : 1))
        }
        sizes.reserveCapacity(images.count)
    }

    /// A change of image `number`; the numbers ascend.
    mutating func add(_ number: Int, _ change: ImageChange) {
        if number != current { advance(to: number) }
        let index = table.find(change)
        table.bodies[index].count += change.count
        if change.count > 0 { table.bodies[index].note(change) }
        touched.append(index)
    }

    mutating func finish() {
        advance(to: images.count)
        for body in table.bodies where body.isOwned {
            whole.add(body)
            if body.sole >= 0 { sizes[Int(body.sole)].exclusiveByteCount += body.storedByteCount }
            if !body.isKept { freedByteCount += body.storedByteCount }
        }
    }

    // MARK: - Parts

    /// An image may have no changes, and pass unmentioned.
    private mutating func advance(to number: Int) {
        while current < number {
            if current >= 0 {
                settle()
                sizes.append(running)
                let isLast = current + 1 == images.count || images[current + 1].volumeKey != images[current].volumeKey
                if isLast { endVolume() }
            }
            current += 1
        }
    }

    /// All changes of the current image are in: runs begin and end.
    private mutating func settle() {
        var outcome = 0
        for index in touched {
            let (isThere, start) = (table.bodies[index].count > 0, table.bodies[index].start)
            if isThere, start < 0 {
                table.bodies[index].start = Int32(current)
                running.add(table.bodies[index])
                opened.append(index)
                outcome += 1
            } else if !isThere, start >= 0 {
                end(index, at: current - 1)
                running.remove(table.bodies[index])
                outcome += 1
            }
        }
        if touched.count > Self.verboseLimit, touched.count > Self.verboseFactor * outcome { verbose.append(current) }
        touched.removeAll(keepingCapacity: true)
    }

    private mutating func endVolume() {
        for index in opened {
            if table.bodies[index].start >= 0 { end(index, at: current) }
            table.bodies[index].count = 0
        }
        opened.removeAll(keepingCapacity: true)
        running = ImageSize()
    }

    private mutating func end(_ index: Int, at last: Int) {
        let first = Int(table.bodies[index].start)
        table.bodies[index].end(isSole: first == last, isKept: keptBefore[last + 1] > keptBefore[first])
    }
}

/// Sums over the distinct chunks and pages of an image.
struct ImageSize: Hashable {
    var chunkCount = 0
    var chunkByteCount = 0
    var pageCount = 0
    var pageByteCount = 0
    /// Of both, what no other image needs.
    var exclusiveByteCount = 0

    var storedByteCount: Int { chunkByteCount + pageByteCount }

    mutating func add(_ body: ChangeTable.Body) { add(body, 1) }
    mutating func remove(_ body: ChangeTable.Body) { add(body, -1) }

    private mutating func add(_ body: ChangeTable.Body, _ sign: Int) {
        if body.isPage {
            pageCount += sign
            pageByteCount += sign * body.storedByteCount
        } else {
            chunkCount += sign
            chunkByteCount += sign * body.storedByteCount
        }
    }
}
