internal import CLinux
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// The words of a volume's marks, which programs in the kernel set and this process takes. From any thread.
// Sendable without the compiler's check: the words are only ever touched atomically, and all else is constant.
final class MarkWords: @unchecked Sendable {
    let map: OwnedDescriptor
    let count: Int
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let byteCount: Int

    /// All 0. Throws `unsupported` where so many cannot be had.
    init(count: Int) throws(TrackingError) {
        guard let number = UInt32(exactly: count) else {
            throw TrackingError(.unsupported, "the volume is too large for a map of its writes")
        }
        do throws(SystemError) {
            let descriptor = try systemCall("make", Self.name) { clinux_bpf_make_words(number, Program.name) }
            map = OwnedDescriptor(adopting: descriptor, path: Self.name)
            byteCount =
                (count * MemoryLayout<UInt64>.size + Self.pageByteCount - 1) / Self.pageByteCount
                * Self.pageByteCount
            guard let memory = clinux_bpf_map_words(descriptor, byteCount) else {
                throw SystemError("map", Self.name.string, .noMemory)
            }
            words = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
        } catch {
            throw TrackingError(error)
        }
        self.count = count
    }

    deinit { _ = clinux_unmap_memory(UnsafeMutableRawPointer(words), byteCount) }

    func read(_ index: Int) -> UInt64 {
        check(index)
        return words[index].load(ordering: .relaxed)
    }

    /// Returns what was there; 0 is there now. Reads of the disk that come after see all that the marks stood for.
    func take(_ index: Int) -> UInt64 {
        check(index)
        return words[index].exchange(0, ordering: .sequentiallyConsistent)
    }

    func add(_ bits: UInt64, at index: Int) {
        check(index)
        words[index].bitwiseOr(bits, ordering: .sequentiallyConsistent)
    }

    private func check(_ index: Int) { precondition(index >= 0 && index < count, "word \(index) of \(count)") }

    private static let name: FilePath = "a map of writes"
    private static let pageByteCount = 4_096
}
