import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@Suite("Buffers", .timeLimit(.minutes(20)))
struct BufferTests {
    @Test(arguments: [1, 4_095, 4_096, 4_097, 524_288, 5_000_000])
    func alignedAndZero(byteCount: Int) throws {
        let buffer = try AlignedBuffer(byteCount: byteCount)
        #expect(buffer.byteCount == byteCount)
        let address = UInt(bitPattern: buffer.pointers(0..<byteCount).baseAddress)
        #expect(address % 4_096 == 0)
        #expect(buffer.copyBytes(0..<byteCount).allSatisfy { $0 == 0 })
    }

    @Test func storingAndClearing() throws {
        let buffer = try AlignedBuffer(byteCount: 100)
        buffer.store([1, 2, 3], at: 97)
        #expect(buffer.copyBytes(96..<100) == [0, 1, 2, 3])
        buffer.store([9], at: 0)
        buffer.store([], at: 100)
        buffer.clear(98..<99)
        #expect(buffer.copyBytes(97..<100) == [1, 0, 3])
        buffer.clear(100..<100)
        let other = try AlignedBuffer(byteCount: 10)
        other.store(from: buffer, range: 97..<100, at: 7)
        #expect(other.copyBytes(0..<10) == [0, 0, 0, 0, 0, 0, 0, 1, 0, 3])
        #expect(buffer.copyBytes(50..<50) == [])
    }

    @Test func lendingBytes() throws {
        let buffer = try AlignedBuffer(byteCount: 16)
        buffer.store([7, 8, 9], at: 4)
        let (count, byte) = buffer.withBytes(4..<7) {
            ($0.byteCount, $0.unsafeLoad(fromByteOffset: 2, as: UInt8.self))
        }
        #expect(count == 3)
        #expect(byte == 9)
    }

    @Test func beyondTheEndIsATrap() async {
        await #expect(processExitsWith: .failure) {
            let buffer = try AlignedBuffer(byteCount: 10)
            _ = buffer.copyBytes(5..<11)
        }
        await #expect(processExitsWith: .failure) {
            let buffer = try AlignedBuffer(byteCount: 10)
            buffer.store([1, 2], at: 9)
        }
        await #expect(processExitsWith: .failure) {
            let buffer = try AlignedBuffer(byteCount: 10)
            buffer.clear(-1..<3)
        }
        await #expect(processExitsWith: .success) {
            let buffer = try AlignedBuffer(byteCount: 10)
            buffer.store([1, 2], at: 8)
        }
    }

    @Test func tooMuchMemoryIsAnError() {
        let error = #expect(throws: SystemError.self) { _ = try AlignedBuffer(byteCount: 1 << 60) }
        #expect(error?.code == .noMemory)
        let poolError = #expect(throws: SystemError.self) {
            _ = try BufferPool(bufferByteCount: 1 << 50, bufferCount: 1 << 10)
        }
        #expect(poolError?.code == .noMemory)
    }

    @Test func aPoolsBuffersAreApartAndComeBack() throws {
        let pool = try BufferPool(bufferByteCount: 8_192, bufferCount: 3)
        func addresses() -> Set<UInt> {
            let a = pool.lease()
            let b = pool.lease()
            let c = pool.lease()
            return [address(of: a), address(of: b), address(of: c)]
        }
        let first = addresses()
        #expect(first.count == 3)
        #expect(first.allSatisfy { $0 % 4_096 == 0 })
        let sorted = first.sorted()
        #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $1 - $0 >= 8_192 })
        for _ in 0..<10 { #expect(addresses() == first) }
    }

    private func address(of buffer: borrowing AlignedBuffer) -> UInt {
        UInt(bitPattern: buffer.pointers(0..<buffer.byteCount).baseAddress)
    }

    @Test func leasingWaitsUntilOneIsBack() throws {
        let pool = try BufferPool(bufferByteCount: 4_096, bufferCount: 2)
        let (leased, workers) = (Counter(), WorkerGroup())
        do {
            let a = pool.lease()
            let b = pool.lease()
            workers.start("leaser") { _ in
                let buffer = pool.lease()
                leased.add(buffer.byteCount)
            }
            Waiting.aMoment()
            #expect(leased.value == 0)
            _ = (a.byteCount, b.byteCount)
        }
        workers.wait()
        #expect(leased.value == 4_096)
    }

    /// Never more than there are, never one to two threads, and none lost.
    @Test func manyThreads() throws {
        let (bufferCount, byteCount) = (3, 4_096)
        let pool = try BufferPool(bufferByteCount: byteCount, bufferCount: bufferCount)
        let (out, tooMany, mixed, workers) = (Counter(), Counter(), Counter(), WorkerGroup())
        workers.start("leaser", count: 8) { index in
            let pattern = [UInt8](repeating: UInt8(index + 1), count: byteCount)
            for _ in 0..<300 {
                let buffer = pool.lease()
                if out.add() > bufferCount { tooMany.add() }
                buffer.store(pattern, at: 0)
                if buffer.copyBytes(0..<byteCount) != pattern { mixed.add() }
                out.add(-1)
            }
        }
        workers.wait()
        #expect(tooMany.value == 0)
        #expect(mixed.value == 0)
        let a = pool.lease()
        let b = pool.lease()
        let c = pool.lease()
        #expect(a.byteCount + b.byteCount + c.byteCount == 3 * byteCount)
    }

    @Test func aBufferOutlivesTheNameOfItsPool() throws {
        let buffer = try BufferPool(bufferByteCount: 4_096, bufferCount: 1).lease()
        buffer.store([1, 2, 3], at: 0)
        #expect(buffer.copyBytes(0..<3) == [1, 2, 3])
    }
}
