internal import CLinux
internal import Glibc
internal import SystemPackage

extension OwnedDescriptor {
    /// fdatasync(2): the bytes, and what is needed to read them again, are on the medium.
    package borrowing func synchroniseContents() throws(SystemError) {
        let descriptor = rawValue
        _ = try systemCall("synchronise", path) { fdatasync(descriptor) }
    }

    /// fsync(2). On a directory: its names are on the medium.
    package borrowing func synchronise() throws(SystemError) {
        let descriptor = rawValue
        _ = try systemCall("synchronise", path) { fsync(descriptor) }
    }

    /// fallocate(2) with FALLOC_FL_KEEP_SIZE. False where the filesystem cannot.
    package borrowing func preallocate(_ byteCount: Int) throws(SystemError) -> Bool {
        let descriptor = rawValue
        do throws(SystemError) {
            _ = try systemCall("allocate", path) { clinux_preallocate(descriptor, 0, Int64(byteCount)) }
            return true
        } catch {
            if error.code == .notSupported { return false }
            throw error
        }
    }

    /// ftruncate(2)
    package borrowing func resize(to byteCount: Int) throws(SystemError) {
        let descriptor = rawValue
        _ = try systemCall("resize", path) { ftruncate(descriptor, off_t(byteCount)) }
    }

    /// posix_fadvise(2) with POSIX_FADV_SEQUENTIAL.
    package borrowing func expectSequentialReads() { _ = posix_fadvise(rawValue, 0, 0, POSIX_FADV_SEQUENTIAL) }
}
