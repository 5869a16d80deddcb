internal import Dispatch
internal import Synchronization

/// A first-in first-out queue between threads, of a fixed capacity: putting waits while it is full, taking while it is empty.
// Sendable without the compiler's check: `ring` is guarded by its mutex.
package final class BoundedQueue<Element: ~Copyable & Sendable>: @unchecked Sendable {
    private let ring: Mutex<Ring<Element>>
    // Counted up from zero: libdispatch objects to a semaphore that dies below the value it was made with.
    private let free = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)

    package init(capacity: Int) {
        precondition(capacity > 0, "a queue of capacity \(capacity)")
        ring = Mutex(Ring(capacity: capacity))
        for _ in 0..<capacity { free.signal() }
    }

    /// Appends `element`, waiting for room. False, and `element` is dropped, once the queue is finished or cancelled.
    @discardableResult
    package func put(_ element: consuming Element) -> Bool {
        var element: Element? = consume element
        free.wait()
        let isOpen = ring.withLock { ring in
            guard ring.isOpen, let element = element.take() else { return false }
            ring.append(element)
            return true
        }
        (isOpen ? filled : free).signal()
        return isOpen
    }

    /// Removes the oldest element, waiting for one. nil once the queue is finished and empty, or cancelled.
    package func take() -> Element? {
        filled.wait()
        return takeSignalled()
    }

    private func takeSignalled() -> Element? {
        var element: Element?
        ring.withLock { element = $0.removeFirst() }
        // The last signal is never used up: it wakes whoever else waits.
        let isEmpty = element == nil
        (isEmpty ? filled : free).signal()
        return element
    }

    /// Removes the oldest element if there is one now.
    package func takeIfAvailable() -> Element? {
        guard filled.wait(timeout: .now()) == .success else { return nil }
        return takeSignalled()
    }

    /// No more elements will come; what is there can still be taken. From any thread, any number of times.
    package func finish() { end(dropping: false) }

    /// Drops what is there and wakes everybody who waits. From any thread, any number of times.
    package func cancel() { end(dropping: true) }

    private func end(dropping: Bool) {
        let wasOpen = ring.withLock { ring in
            let wasOpen = ring.isOpen
            ring.isOpen = false
            if dropping { ring.removeAll() }
            return wasOpen
        }
        guard wasOpen || dropping else { return }
        filled.signal()
        free.signal()
    }
}

/// The storage of a queue. Not safe for threads.
private struct Ring<Element: ~Copyable>: ~Copyable {
    var isOpen = true
    private let slots: UnsafeMutableBufferPointer<Element>
    private var first = 0
    private var count = 0

    init(capacity: Int) { slots = .allocate(capacity: capacity) }

    deinit {
        for index in 0..<count { slots.deinitializeElement(at: (first + index) % slots.count) }
        slots.deallocate()
    }

    mutating func append(_ element: consuming Element) {
        precondition(count < slots.count, "a queue over its capacity of \(slots.count)")
        slots.initializeElement(at: (first + count) % slots.count, to: element)
        count += 1
    }

    mutating func removeFirst() -> Element? {
        guard count > 0 else { return nil }
        let index = first
        first = (first + 1) % slots.count
        count -= 1
        return slots.moveElement(from: index)
    }

    mutating func removeAll() { while removeFirst() != nil {} }
}
