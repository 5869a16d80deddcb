internal import CLinux
internal import Dispatch
internal import Synchronization
internal import SystemPackage

/// A fixed number of aligned buffers, mapped once. Its size is all the memory a pipeline takes, whatever the volume's size.
// Sendable without the compiler's check: `free` is guarded by its mutex, and all else is constant.
package final class BufferPool: @unchecked Sendable {
    package let bufferByteCount: Int
    package let bufferCount: Int
    private let slab: UnsafeMutableRawPointer
    private let free: Mutex<[UInt]>
    private let available = DispatchSemaphore(value: 0)

    package init(bufferByteCount: Int, bufferCount: Int) throws(SystemError) {
        guard let slab = clinux_map_memory(bufferByteCount * bufferCount) else {
            throw SystemError("map", "\(bufferByteCount * bufferCount) bytes of memory", .noMemory)
        }
        self.bufferByteCount = bufferByteCount
        self.bufferCount = bufferCount
        self.slab = slab
        free = Mutex((0..<bufferCount).map { UInt(bitPattern: slab + $0 * bufferByteCount) })
        for _ in 0..<bufferCount { available.signal() }
    }

    deinit { _ = clinux_unmap_memory(slab, bufferByteCount * bufferCount) }

    /// Takes a buffer, waiting until one is free.
    package func lease() -> AlignedBuffer {
        available.wait()
        let address = free.withLock { $0.removeLast() }
        guard let base = UnsafeMutableRawPointer(bitPattern: address) else { preconditionFailure("a null buffer") }
        return AlignedBuffer(base: base, byteCount: bufferByteCount, pool: self)
    }

    func takeBack(_ base: UnsafeMutableRawPointer) {
        free.withLock { $0.append(UInt(bitPattern: base)) }
        available.signal()
    }
}
