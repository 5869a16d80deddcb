internal import SnapModel
internal import SnapSystem

/// Takes the blocks of an image as they are read: from several threads, in no order, each once.
protocol ImageConsumer: Sendable {
    /// A block that is stored; its contents were checked.
    func consume(_ index: BlockIndex, _ buffer: borrowing AlignedBuffer, _ range: Range<Int>) throws(EngineError)
    /// A run of the volume that is zero.
    func consumeZeros(_ extent: ByteExtent) throws(EngineError)
    /// A block whose chunk cannot be read.
    func consumeDamage(_ extent: ByteExtent) throws(EngineError)
}

/// Wants nothing but the checks.
struct NullConsumer: ImageConsumer {
    func consume(_: BlockIndex, _: borrowing AlignedBuffer, _: Range<Int>) throws(EngineError) {}
    func consumeZeros(_: ByteExtent) throws(EngineError) {}
    func consumeDamage(_: ByteExtent) throws(EngineError) {}
}
