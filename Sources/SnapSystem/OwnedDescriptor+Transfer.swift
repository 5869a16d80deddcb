internal import CLinux
internal import Glibc
internal import SystemPackage

extension OwnedDescriptor {
    /// pread(2) until `bytes` is full or the end is reached. Returns how many bytes were read.
    package borrowing func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        let (descriptor, path) = (rawValue, path)
        var filled = 0
        while filled < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
            let position = off_t(offset + filled)
            let count = try systemCall("read", path) { pread(descriptor, rest.baseAddress, rest.count, position) }
            filled += count
            // A count that is no multiple of a sector is the end of a file: going on would break O_DIRECT's alignment.
            if count == 0 || count % smallestSectorByteCount != 0 { break }
        }
        return filled
    }

    /// Reads into part of a buffer.
    package borrowing func read(
        into buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: Int
    ) throws(SystemError) -> Int {
        try read(into: buffer.pointers(range), at: offset)
    }

    /// pwrite(2) until all of `bytes` is written.
    package borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        let (descriptor, path) = (rawValue, path)
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let position = off_t(offset + written)
            let count = try systemCall("write", path) { pwrite(descriptor, rest.baseAddress, rest.count, position) }
            if count == 0 { throw SystemError("write", path.string, .ioError) }
            written += count
        }
    }

    /// Writes part of a buffer.
    package borrowing func write(
        _ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: Int
    ) throws(SystemError) {
        try write(UnsafeRawBufferPointer(buffer.pointers(range)), at: offset)
    }

    /// Writes a small array.
    package borrowing func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
        // Rethrown through a Result: the closure of withUnsafeBytes has no typed throws.
        let outcome = bytes.withUnsafeBytes { (pointers) -> Result<Void, SystemError> in
            Result { () throws(SystemError) in try self.write(pointers, at: offset) }
        }
        try outcome.get()
    }

    /// Reads up to `byteCount` bytes from `offset`.
    package borrowing func readBytes(_ byteCount: Int, at offset: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            do throws(SystemError) {
                count = try self.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            } catch {
                failure = error
                count = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// The smallest logical sector there is, in bytes.
private let smallestSectorByteCount = 512
