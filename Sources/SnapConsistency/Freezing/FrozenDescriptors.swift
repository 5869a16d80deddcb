internal import CLinux
internal import Synchronization

/// What the freezer has frozen, where a handler of signals can reach it: descriptors, -1 where there is none.
///
/// A handler may run at any moment, on any thread, so that it can take no lock and no memory. The array is made once and
/// never given back; its elements are written by the thread that holds the lock of `FrozenFilesystems`.
enum FrozenDescriptors {
    private nonisolated(unsafe) static var first: UnsafeMutablePointer<CInt>?
    private nonisolated(unsafe) static var count = 0

    /// Before anything is frozen, and before there are handlers.
    static func reserve(_ newCount: Int) {
        let slots = UnsafeMutablePointer<CInt>.allocate(capacity: newCount)
        slots.initialize(repeating: -1, count: newCount)
        (first, count) = (slots, newCount)
    }

    static func add(_ descriptor: CInt) { replace(-1, by: descriptor) }

    static func remove(_ descriptor: CInt) { replace(descriptor, by: -1) }

    private static func replace(_ old: CInt, by new: CInt) {
        guard let first, let index = (0..<count).first(where: { first[$0] == old }) else { return }
        first[index] = new
    }

    /// Does only what a handler may (signal-safety(7)).
    static func thawAll() {
        guard let first else { return }
        var index = count
        while index > 0 {
            index -= 1
            if first[index] >= 0 { _ = clinux_thaw_filesystem(first[index]) }
        }
    }
}
