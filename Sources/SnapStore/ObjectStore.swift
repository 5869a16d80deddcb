package import SnapSystem

/// The name of an object in a store: `packs/3f/018f….pack`. The same in every kind of object store.
package struct ObjectKey: Hashable, Sendable, CustomStringConvertible {
    package let path: String

    package init(_ path: String) { self.path = path }

    package var description: String { path }
}

/// Where a store keeps its bytes: named objects, written once, read by range. No appending to what is published, no
/// renaming, no listing on any path that is hot. A folder does it here; an object store over a network may later.
///
/// All methods may be called from any thread.
package protocol ObjectStore: Sendable {
    /// Begins an object of about `byteCount` bytes. Nobody sees it before it is published.
    func startObject(_ key: ObjectKey, byteCount: Int) throws(StoreError) -> any ObjectWriter

    /// Makes every byte of `writers` durable, then their names: one barrier for all. After it returns, the objects are
    /// there whatever happens; if it throws, each of them is either there whole, or not.
    func publish(_ writers: [any ObjectWriter]) throws(StoreError)

    /// Makes the names of published objects durable, whoever published them: a writer that died, or has not got so far,
    /// may have left names that a power cut would undo.
    func makeNamesDurable(_ keys: [ObjectKey]) throws(StoreError)

    /// Writes a small object whole, replacing what was there, and makes it durable.
    func put(_ bytes: [UInt8], to key: ObjectKey) throws(StoreError)

    /// Writes a small object whole and durable, unless one is there: of several writers at once, one wins.
    func putIfAbsent(_ bytes: [UInt8], to key: ObjectKey) throws(StoreError)

    /// A small object whole. Throws `missing`.
    func get(_ key: ObjectKey) throws(StoreError) -> [UInt8]

    /// Reads into `range` of `buffer` from `offset`; returns how many bytes there were. `range` may be any, but reads are
    /// fastest when it and `offset` are multiples of 4,096.
    func read(_ key: ObjectKey, into buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: Int)
        throws(StoreError)
        -> Int

    /// Throws `missing`.
    func byteCount(of key: ObjectKey) throws(StoreError) -> Int

    /// All keys below a prefix that ends in `/`, in order. Slow: for recovery and rebuilding only.
    func keys(under prefix: String) throws(StoreError) -> [ObjectKey]

    /// Removes an object, durably. One that is not there is no error.
    func delete(_ key: ObjectKey) throws(StoreError)

    /// Removes what writers that are dead had not published. Returns how many pieces that were.
    func removeLeftovers(under prefix: String) throws(StoreError) -> Int
}

/// An object that is being written. One thread at a time.
package protocol ObjectWriter: AnyObject, Sendable {
    var key: ObjectKey { get }

    /// Appends `range`, whose bounds are multiples of 4,096. Once it has thrown, it throws always.
    func append(_ buffer: borrowing AlignedBuffer, range: Range<Int>) throws(StoreError)

    /// Removes what was written. Harmless after publication.
    func abandon()
}

/// What offsets, counts and memory must be a multiple of for the fastest way to the medium.
package enum ObjectAlignment {
    package static let byteCount = 4_096

    /// The next multiple.
    package static func roundUp(_ count: Int) -> Int { (count + byteCount - 1) / byteCount * byteCount }
}
