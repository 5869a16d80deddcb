import SnapModel
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapStore

/// What every object store promises.
@Suite("Object stores", .timeLimit(.minutes(20)))
struct ObjectStoreTests {
    private static let key = ObjectKey("packs/3f/a.pack")

    @Test(arguments: StoreKind.allCases)
    func publishingMakesVisible(kind: StoreKind) throws {
        try kind.with { objects, outside in
            let keys = ["packs/3f/a.pack", "packs/40/b.pack", "packs/40/c.pack"].map(ObjectKey.init)
            let contents = (0..<3).map { SeededRandom.bytes(4_096 * ($0 + 2), seed: UInt64($0)) }
            let writers = try zip(keys, contents).map { try write($1, to: $0, in: objects) }
            #expect(writers.map(\.key) == keys)
            for store in [objects, outside.reopen()] {
                #expect(try store.keys(under: "packs/") == [])
                for key in keys {
                    try expectMissing { _ = try store.get(key) }
                    try expectMissing { _ = try store.byteCount(of: key) }
                    try expectMissing { _ = try read(store, key, 10, at: 0) }
                }
            }
            try objects.publish(writers)
            for store in [objects, outside.reopen()] {
                #expect(try store.keys(under: "packs/") == keys)
                for (key, bytes) in zip(keys, contents) {
                    #expect(try store.get(key) == bytes)
                    #expect(try store.byteCount(of: key) == bytes.count)
                }
            }
            for writer in writers { writer.abandon() }
            #expect(try objects.keys(under: "packs/") == keys, "abandoning what is published is harmless")
            #expect(try objects.removeLeftovers(under: "packs/") == 0)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func nothingIsPublishedByPublishingNothing(kind: StoreKind) throws {
        try kind.with { objects, _ in
            try objects.publish([])
            #expect(try objects.keys(under: "packs/") == [])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func abandoningRemoves(kind: StoreKind) throws {
        try kind.with { objects, outside in
            let writer = try write([UInt8](repeating: 1, count: 4_096), to: Self.key, in: objects)
            let other = try write(
                [UInt8](repeating: 2, count: 4_096),
                to: ObjectKey("packs/3f/b.pack"),
                in: objects
            )
            writer.abandon()
            writer.abandon()
            #expect(throws: StoreError.self) { try objects.publish([writer]) }
            try objects.publish([other])
            #expect(try outside.reopen().keys(under: "packs/").map(\.path) == ["packs/3f/b.pack"])
            #expect(try objects.removeLeftovers(under: "packs/") == 0)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func leftoversOfTheDeadOnly(kind: StoreKind) throws {
        try kind.with { objects, outside in
            let published = try write([UInt8](repeating: 1, count: 4_096), to: Self.key, in: objects)
            try objects.publish([published])
            for name in ["packs/3f/dead.pack", "packs/50/dead.pack", "snapshots/snap-1234abcd.json"] {
                try outside.leaveBehind(ObjectKey(name))
            }
            let bytes = [UInt8](repeating: 7, count: 4_096)
            let alive = try write(bytes, to: ObjectKey("packs/3f/alive.pack"), in: objects)
            #expect(try outside.reopen().keys(under: "packs/") == [Self.key])
            #expect(try objects.keys(under: "snapshots/") == [])
            #expect(try objects.removeLeftovers(under: "packs/") == 2)
            #expect(try objects.removeLeftovers(under: "packs/") == 0)
            #expect(try outside.reopen().removeLeftovers(under: "snapshots/") == 1)
            #expect(try objects.keys(under: "packs/") == [Self.key])
            try objects.publish([alive])
            #expect(try objects.get(ObjectKey("packs/3f/alive.pack")) == bytes)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func smallObjects(kind: StoreKind) throws {
        try kind.with { objects, outside in
            let key = ObjectKey("snapshots/snap-1234abcd.json")
            try expectMissing { _ = try objects.get(key) }
            try objects.put([1, 2, 3], to: key)
            #expect(try outside.reopen().get(key) == [1, 2, 3])
            #expect(try read(objects, key, 10, at: 0) == [1, 2, 3])
            try objects.put([4, 5], to: key)
            #expect(try objects.get(key) == [4, 5])
            #expect(try read(objects, key, 10, at: 0) == [4, 5], "a range of what was replaced")
            #expect(try objects.byteCount(of: key) == 2)
            try objects.putIfAbsent([6], to: key)
            #expect(try objects.get(key) == [4, 5])
            try objects.delete(key)
            try objects.delete(key)
            try expectMissing { _ = try objects.get(key) }
            try expectMissing { _ = try read(objects, key, 10, at: 0) }
            try objects.putIfAbsent([], to: key)
            #expect(try objects.get(key) == [])
            #expect(try objects.keys(under: "snapshots/") == [key])
            try objects.put([9], to: ObjectKey("store.json"))
            #expect(try objects.get(ObjectKey("store.json")) == [9])
            #expect(try objects.keys(under: "snapshots/") == [key])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func ofManyWhoPutIfAbsentOneWins(kind: StoreKind) throws {
        for round in 0..<10 {
            try kind.with { objects, _ in
                let (failures, workers) = (FirstFailure<StoreError>(), WorkerGroup())
                let seen = Mutex<Set<[UInt8]>>([])
                workers.start("putter", count: 8) { index in
                    do throws(StoreError) {
                        try objects.putIfAbsent(
                            [UInt8](repeating: UInt8(index), count: 3_000),
                            to: StoreLayout.description
                        )
                        let bytes = try objects.get(StoreLayout.description)
                        seen.withLock { _ = $0.insert(bytes) }
                    } catch { failures.record(error) }
                }
                workers.wait()
                try failures.rethrow()
                let all = seen.withLock { $0 }
                #expect(all.count == 1, "round \(round)")
                #expect(all.first.map { $0.count == 3_000 && Set($0).count == 1 } == true)
            }
        }
    }

    /// Listing sees each object of a moment, whatever is being written meanwhile.
    @Test(arguments: StoreKind.allCases)
    func listingWhileOthersWrite(kind: StoreKind) throws {
        try kind.with { objects, outside in
            let key = ObjectKey("snapshots/snap-1234abcd.json")
            try objects.put([0], to: key)
            let (failures, isDone, writers, listers) = (
                FirstFailure<StoreError>(), Counter(), WorkerGroup(), WorkerGroup()
            )
            writers.start("writer", count: 3) { index in
                do throws(StoreError) {
                    for number in 0..<40 {
                        try objects.put([UInt8(number)], to: key)
                        try objects.put([1], to: ObjectKey("snapshots/\(index)-\(number).json"))
                        try objects.delete(ObjectKey("snapshots/\(index)-\(number).json"))
                    }
                } catch { failures.record(error) }
            }
            let other = outside.reopen()
            listers.start("lister", count: 2) { _ in
                do throws(StoreError) {
                    while isDone.value == 0 {
                        let keys = try other.keys(under: "snapshots/")
                        if !keys.contains(key) {
                            throw StoreError(.failed, key.path, "it was not listed: \(keys)")
                        }
                        if try other.removeLeftovers(under: "snapshots/") > 0 {
                            throw StoreError(.failed, key.path, "what a living writer wrote was removed")
                        }
                    }
                } catch { failures.record(error) }
            }
            writers.wait()
            isDone.add()
            listers.wait()
            try failures.rethrow()
            #expect(try objects.keys(under: "snapshots/") == [key])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func readingAnyRange(kind: StoreKind) throws {
        try kind.with { objects, _ in
            let bytes = SeededRandom.bytes(20_480, seed: 1)
            let writer = try write(bytes, to: Self.key, in: objects)
            try objects.publish([writer])
            for (count, offset) in [
                (20_480, 0), (4_096, 4_096), (8_192, 12_288), (4_096, 16_384), (4_096, 20_480), (1, 0),
                (1, 20_479),
                (513, 511), (4_096, 1), (4_095, 4_096), (10_000, 15_000), (10, 20_475), (10, 20_480),
                (10, 1 << 30),
                (0, 0), (40_960, 0), (40_960, 4_096),
            ] {
                let expected = Array(bytes.dropFirst(offset).prefix(count))
                #expect(
                    try read(objects, Self.key, count, at: offset) == expected,
                    "\(count) bytes at \(offset)"
                )
                #expect(
                    try read(objects, Self.key, count, at: offset, to: 4_096) == expected,
                    "\(count) bytes at \(offset)"
                )
                #expect(
                    try read(objects, Self.key, count, at: offset, to: 77) == expected,
                    "\(count) bytes at \(offset)"
                )
            }
        }
    }

    /// More objects than are kept open at once, read by several threads.
    @Test(arguments: StoreKind.allCases)
    func manyReaders(kind: StoreKind) throws {
        try kind.with { objects, _ in
            let keys = (0..<50).map { ObjectKey("packs/\($0 % 7)0/\($0).pack") }
            let writers = try keys.enumerated().map {
                try write([UInt8](repeating: UInt8($0.offset), count: 4_096), to: $0.element, in: objects)
            }
            try objects.publish(writers)
            let (wrong, workers) = (Counter(), WorkerGroup())
            workers.start("reader", count: 4) { index in
                var generator = SeededRandom(seed: UInt64(index))
                for _ in 0..<300 {
                    let number = Int.random(in: 0..<50, using: &generator)
                    let count = Bool.random(using: &generator) ? 4_096 : 100
                    let bytes = try? self.read(objects, keys[number], count, at: 0)
                    if bytes != [UInt8](repeating: UInt8(number), count: count) { wrong.add() }
                }
            }
            workers.wait()
            #expect(wrong.value == 0)
            for key in keys { try objects.delete(key) }
            for key in keys { try expectMissing { _ = try self.read(objects, key, 10, at: 0) } }
            #expect(try objects.keys(under: "packs/") == [])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func listingWhatIsNotThere(kind: StoreKind) throws {
        try kind.with { objects, _ in
            #expect(try objects.keys(under: "packs/") == [])
            #expect(try objects.removeLeftovers(under: "packs/") == 0)
            try objects.delete(Self.key)
        }
    }

    /// A disk that was full for a moment: what was being written then is never published.
    @Test(.enabled(if: MemoryFilesystem.canMount, "needs root, to mount a tmpfs"))
    func aWriterThatFailedStaysFailed() throws {
        try ScratchDirectory.with { scratch in
            let folder = try scratch.folder("small")
            try MemoryFilesystem.with(byteCount: 256 << 10, at: folder) {
                let objects = LocalObjectStore(root: folder)
                let buffer = try AlignedBuffer(byteCount: 1 << 20)
                let writer = try objects.startObject(Self.key, byteCount: 4_096)
                try writer.append(buffer, range: 0..<4_096)
                let error = #expect(throws: StoreError.self) {
                    try writer.append(buffer, range: 0..<(1 << 20))
                }
                #expect(error?.code == .noSpace)
                let again = #expect(throws: StoreError.self) { try writer.append(buffer, range: 0..<4_096) }
                #expect(again?.code == .noSpace)
                let publishing = #expect(throws: StoreError.self) { try objects.publish([writer]) }
                #expect(publishing?.code == .noSpace)
                #expect(try objects.keys(under: "packs/") == [])
                writer.abandon()
                let next = try objects.startObject(Self.key, byteCount: 8_192)
                try next.append(buffer, range: 0..<8_192)
                try objects.publish([next])
                #expect(try objects.byteCount(of: Self.key) == 8_192)
                // What is foretold need not come: it is the writing that fails.
                let tooLarge = try objects.startObject(ObjectKey("packs/3f/large.pack"), byteCount: 1 << 30)
                try tooLarge.append(buffer, range: 0..<4_096)
                tooLarge.abandon()
                let small = #expect(throws: StoreError.self) {
                    try objects.put([UInt8](repeating: 1, count: 1 << 20), to: ObjectKey("snapshots/a.json"))
                }
                #expect(small?.code == .noSpace)
                #expect(try objects.keys(under: "snapshots/") == [])
            }
        }
    }

    @Test func anUnwritableStore() throws {
        let objects = LocalObjectStore(root: "/proc/1")
        #expect(throws: StoreError.self) { try objects.put([1], to: ObjectKey("snapshots/a.json")) }
        #expect(throws: StoreError.self) { _ = try objects.startObject(Self.key, byteCount: 4_096) }
    }

    private func write(_ bytes: [UInt8], to key: ObjectKey, in objects: any ObjectStore) throws
        -> any ObjectWriter
    {
        let writer = try objects.startObject(key, byteCount: 1 << 20)
        let buffer = try AlignedBuffer(byteCount: bytes.count + 4_096)
        buffer.store(bytes, at: 4_096)
        try writer.append(buffer, range: 4_096..<8_192)
        if bytes.count > 4_096 { try writer.append(buffer, range: 8_192..<(4_096 + bytes.count)) }
        return writer
    }

    private func read(
        _ objects: any ObjectStore,
        _ key: ObjectKey,
        _ count: Int,
        at offset: Int,
        to place: Int = 0
    ) throws -> [UInt8] {
        let buffer = try AlignedBuffer(byteCount: place + count + 100)
        buffer.store([UInt8](repeating: 0xee, count: buffer.byteCount), at: 0)
        let read = try objects.read(key, into: buffer, range: place..<(place + count), at: offset)
        #expect(buffer.copyBytes(0..<place).allSatisfy { $0 == 0xee })
        // Up to the end of the range anything may stand: O_DIRECT reads whole sectors.
        #expect(buffer.copyBytes((place + count)..<buffer.byteCount).allSatisfy { $0 == 0xee })
        return buffer.copyBytes(place..<(place + read))
    }

    private func expectMissing(_ body: () throws -> Void) throws {
        let error = #expect(throws: StoreError.self) { try body() }
        #expect(error?.code == .missing)
    }
}
