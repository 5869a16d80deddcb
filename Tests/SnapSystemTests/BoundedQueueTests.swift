import SnapSystem
import SnapTestSupport
import Synchronization
import Testing

/// Tells when it dies.
private struct Token: ~Copyable, Sendable {
    let number: Int
    let deaths: Counter

    init(_ number: Int, _ deaths: Counter) {
        self.number = number
        self.deaths = deaths
    }

    deinit { deaths.add() }
}

@Suite("Bounded queue", .timeLimit(.minutes(20)))
struct BoundedQueueTests {
    @Test(arguments: [1, 2, 3, 7])
    func firstInFirstOut(capacity: Int) {
        let queue = BoundedQueue<Int>(capacity: capacity)
        var next = 0
        for round in 0..<20 {
            let count = min(capacity, 1 + round % 3)
            for offset in 0..<count { #expect(queue.put(next + offset)) }
            for offset in 0..<count { #expect(queue.take() == next + offset) }
            next += count
        }
        #expect(queue.takeIfAvailable() == nil)
    }

    @Test func takingIfAvailable() {
        let queue = BoundedQueue<Int>(capacity: 2)
        #expect(queue.takeIfAvailable() == nil)
        queue.put(1)
        #expect(queue.takeIfAvailable() == 1)
        #expect(queue.takeIfAvailable() == nil)
        queue.put(2)
        queue.put(3)
        queue.finish()
        #expect(queue.takeIfAvailable() == 2)
        #expect(queue.takeIfAvailable() == 3)
        #expect(queue.takeIfAvailable() == nil)
        #expect(queue.takeIfAvailable() == nil)
        #expect(queue.take() == nil)
    }

    @Test func capacityHoldsPuttersBack() {
        let (queue, put, workers) = (BoundedQueue<Int>(capacity: 3), Counter(), WorkerGroup())
        workers.start("putter") { _ in
            for number in 0..<5 {
                queue.put(number)
                put.add()
            }
        }
        #expect(Waiting.until { put.value == 3 })
        Waiting.aMoment()
        #expect(put.value == 3)
        #expect(queue.take() == 0)
        #expect(Waiting.until { put.value == 4 })
        Waiting.aMoment()
        #expect(put.value == 4)
        #expect((1..<5).allSatisfy { queue.take() == $0 })
        workers.wait()
        #expect(put.value == 5)
    }

    @Test func takersWaitForElements() {
        let (queue, taken, workers) = (BoundedQueue<Int>(capacity: 3), Counter(), WorkerGroup())
        workers.start("taker") { _ in
            if let number = queue.take() { taken.add(number) }
        }
        Waiting.aMoment()
        #expect(taken.value == 0)
        queue.put(17)
        workers.wait()
        #expect(taken.value == 17)
    }

    @Test func finishLeavesWhatIsThere() {
        let queue = BoundedQueue<Int>(capacity: 4)
        queue.put(1)
        queue.put(2)
        queue.finish()
        queue.finish()
        #expect(!queue.put(3))
        #expect(queue.take() == 1)
        #expect(queue.take() == 2)
        for _ in 0..<5 { #expect(queue.take() == nil) }
        for _ in 0..<5 { #expect(!queue.put(4)) }
    }

    @Test func cancelDropsWhatIsThere() {
        let deaths = Counter()
        let queue = BoundedQueue<Token>(capacity: 4)
        for number in 0..<3 { queue.put(Token(number, deaths)) }
        #expect(deaths.value == 0)
        queue.cancel()
        #expect(deaths.value == 3)
        queue.cancel()
        #expect(deaths.value == 3)
        #expect(hasEnded(queue))
        let isOpen = queue.put(Token(4, deaths))
        #expect(!isOpen)
        #expect(deaths.value == 4)
    }

    @Test func cancelAfterFinishDropsTheRest() {
        let deaths = Counter()
        let queue = BoundedQueue<Token>(capacity: 4)
        for number in 0..<3 { queue.put(Token(number, deaths)) }
        queue.finish()
        queue.cancel()
        #expect(deaths.value == 3)
        #expect(hasEnded(queue))
    }

    private func hasEnded(_ queue: BoundedQueue<Token>) -> Bool {
        guard queue.take() != nil else { return true }
        return false
    }

    @Test(arguments: [false, true])
    func endingWakesEveryTaker(byCancel: Bool) {
        let (queue, woken, workers) = (BoundedQueue<Int>(capacity: 2), Counter(), WorkerGroup())
        workers.start("taker", count: 8) { _ in
            if queue.take() == nil { woken.add() }
        }
        Waiting.aMoment()
        #expect(woken.value == 0)
        if byCancel { queue.cancel() } else { queue.finish() }
        #expect(Waiting.until { woken.value == 8 })
        workers.wait()
    }

    @Test(arguments: [false, true])
    func endingWakesEveryPutter(byCancel: Bool) {
        let (queue, woken, deaths) = (BoundedQueue<Token>(capacity: 2), Counter(), Counter())
        let workers = WorkerGroup()
        for number in 0..<2 { queue.put(Token(number, deaths)) }
        workers.start("putter", count: 8) { index in
            if !queue.put(Token(2 + index, deaths)) { woken.add() }
        }
        Waiting.aMoment()
        #expect(woken.value == 0)
        if byCancel { queue.cancel() } else { queue.finish() }
        #expect(Waiting.until { woken.value == 8 })
        workers.wait()
        #expect(deaths.value == (byCancel ? 10 : 8))
    }

    @Test func whatIsLeftDiesWithTheQueue() {
        let deaths = Counter()
        do {
            let queue = BoundedQueue<Token>(capacity: 5)
            for number in 0..<5 { queue.put(Token(number, deaths)) }
            // So that what is left lies around the end of the ring.
            for expected in 0..<3 {
                var number = -1
                if let token = queue.take() { number = token.number }
                #expect(number == expected)
            }
            for number in 0..<2 { queue.put(Token(number, deaths)) }
            #expect(deaths.value == 3)
        }
        #expect(deaths.value == 7)
    }

    @Test(arguments: [1, 3, 64])
    func everyElementArrivesOnce(capacity: Int) {
        let (putterCount, takerCount, elementCount) = (4, 4, 5_000)
        let queue = BoundedQueue<Int>(capacity: capacity)
        let seen = Mutex<[[Int]]>([])
        let (putters, takers) = (WorkerGroup(), WorkerGroup())
        takers.start("taker", count: takerCount) { _ in
            var mine: [Int] = []
            while let number = queue.take() { mine.append(number) }
            seen.withLock { $0.append(mine) }
        }
        putters.start("putter", count: putterCount) { index in
            for number in 0..<elementCount { queue.put(index * elementCount + number) }
        }
        putters.wait()
        queue.finish()
        takers.wait()
        let lists = seen.withLock { $0 }
        #expect(lists.flatMap(\.self).sorted() == Array(0..<(putterCount * elementCount)))
        for list in lists {
            for putter in 0..<putterCount {
                let mine = list.filter { $0 / elementCount == putter }
                #expect(mine == mine.sorted(), "one taker sees each putter's elements in order")
            }
        }
    }

    /// Ended at any moment: nobody hangs, and each element dies exactly once.
    @Test(arguments: 0..<40)
    func endedInFullSwing(round: Int) {
        let (made, deaths, workers) = (Counter(), Counter(), WorkerGroup())
        do {
            let queue = BoundedQueue<Token>(capacity: 1 + round % 4)
            workers.start("putter", count: 3) { index in
                var isOpen = true
                while isOpen {
                    made.add()
                    isOpen = queue.put(Token(index, deaths))
                }
            }
            workers.start("taker", count: 3) { _ in
                while true {
                    guard queue.take() != nil else { return }
                }
            }
            _ = Waiting.until { made.value > round * 10 }
            if round % 2 == 0 { queue.cancel() } else { queue.finish() }
            workers.wait()
        }
        #expect(deaths.value == made.value)
    }
}
