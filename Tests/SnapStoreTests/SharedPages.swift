import SnapModel
import Synchronization

/// The storage of a `PageStore`.
final class SharedPages: Sendable {
    private let state = Mutex<(pages: [PageID: [UInt8]], reads: [PageID: Int])>(([:], [:]))

    func insert(_ id: PageID, _ bytes: [UInt8]) { state.withLock { $0.pages[id] = bytes } }

    func read(_ id: PageID) -> [UInt8]? {
        state.withLock { state in
            state.reads[id, default: 0] += 1
            return state.pages[id]
        }
    }

    var ids: Set<PageID> { state.withLock { Set($0.pages.keys) } }
    var reads: [PageID: Int] { state.withLock { $0.reads } }
    var byteCount: Int { state.withLock { $0.pages.values.reduce(0) { $0 + $1.count } } }
    func forgetReads() { state.withLock { $0.reads = [:] } }
}
