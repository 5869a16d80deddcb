internal import CLinux
internal import SystemPackage

/// Memory with one owner, aligned for O_DIRECT (to a page). Contents start as zeros, or as the last user left them
/// when it was leased from a `BufferPool`; it returns there when it is dropped.
// Sendable without the compiler's check: the pointer has one owner at a time, since the type cannot be copied.
package struct AlignedBuffer: ~Copyable, @unchecked Sendable {
    package let byteCount: Int
    private let base: UnsafeMutableRawPointer
    private let pool: BufferPool?

    /// Maps new memory. Fails only when the machine has none left.
    package init(byteCount: Int) throws(SystemError) {
        guard let memory = clinux_map_memory(byteCount) else {
            throw SystemError("map", "\(byteCount) bytes of memory", .noMemory)
        }
        self.init(base: memory, byteCount: byteCount, pool: nil)
    }

    init(base: UnsafeMutableRawPointer, byteCount: Int, pool: BufferPool?) {
        self.base = base
        self.byteCount = byteCount
        self.pool = pool
    }

    deinit {
        if let pool {
            pool.takeBack(base)
        } else {
            _ = clinux_unmap_memory(base, byteCount)
        }
    }

    /// The bytes of `range`. Valid while the buffer lives; for the modules that wrap system calls and C libraries.
    package borrowing func pointers(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "\(range) of \(byteCount) bytes")
        return UnsafeMutableRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    /// Lends the bytes of `range`.
    package borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ range: Range<Int>, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(pointers(range))))
    }

    /// A copy of the bytes of `range`.
    package borrowing func copyBytes(_ range: Range<Int>) -> [UInt8] { Array(pointers(range)) }

    /// Copies `bytes` to `offset`.
    package borrowing func store(_ bytes: [UInt8], at offset: Int) {
        bytes.withUnsafeBytes { pointers(offset..<(offset + bytes.count)).copyMemory(from: $0) }
    }

    /// Copies `range` of another buffer to `offset` of this.
    package borrowing func store(from other: borrowing AlignedBuffer, range: Range<Int>, at offset: Int) {
        pointers(offset..<(offset + range.count)).copyMemory(from: UnsafeRawBufferPointer(other.pointers(range)))
    }

    /// Sets the bytes of `range` to zero.
    package borrowing func clear(_ range: Range<Int>) {
        _ = pointers(range).initializeMemory(as: UInt8.self, repeating: 0)
    }
}
