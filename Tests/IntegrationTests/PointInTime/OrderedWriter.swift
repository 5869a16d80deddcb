import GRDB
import Glibc
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage

/// A program that relies on order, as databases do: appends record n to file A, makes it durable, then to file B, and makes
/// that durable; and commits n to two tables of a SQLite database in one transaction. So in the bytes of any one instant
/// B has no record that A lacks, and both tables are equal.
final class OrderedWriter: Sendable {
    static let recordByteCount = 64
    private static let databaseName = "database.sqlite"

    private let folders: (FilePath, FilePath)
    private let isEnding = Atomic(false)
    private let count = Atomic(0)
    private let failure = Mutex<String?>(nil)
    /// The longest that one record took, in microseconds.
    private let longest = Atomic(0)
    private let group = WorkerGroup()

    /// Writes into `first` and `second`, which may be folders of one filesystem or of two.
    init(_ first: FilePath, _ second: FilePath) { folders = (first, second) }

    /// Lends a running writer; it has stopped when this returns.
    static func with<Result>(
        _ first: FilePath, _ second: FilePath, _ body: (OrderedWriter) throws -> Result
    ) throws -> Result {
        let writer = OrderedWriter(first, second)
        try writer.open()
        defer { writer.stop() }
        let result = try body(writer)
        if let failure = writer.failure.withLock({ $0 }) { throw Command.Failure(description: failure) }
        return result
    }

    var recordCount: Int { count.load(ordering: .acquiring) }

    /// Since the last call: the longest time that one round of the file writer took.
    func takeLongestStall() -> Duration { .microseconds(longest.exchange(0, ordering: .acquiringAndReleasing)) }

    private func open() throws {
        // What an earlier writer left is gone on with.
        count.store(try Self.recordCount(in: folders.1, "B"), ordering: .releasing)
        try Command.check(
            "truncate", "--size", String(recordCount * Self.recordByteCount), folders.0.appending("A").string)
        let queue = try Self.openDatabase(in: folders.0)
        group.start("order-files") { [self] _ in guarding { try writeFiles() } }
        group.start("order-database") { [self] _ in guarding { try writeDatabase(queue) } }
    }

    private func stop() {
        isEnding.store(true, ordering: .releasing)
        group.wait()
    }

    private func guarding(_ body: () throws -> Void) {
        do { try body() } catch { failure.withLock { $0 = $0 ?? "\(error)" } }
    }

    private func writeFiles() throws {
        let first = try OwnedDescriptor(
            opening: folders.0.appending("A"), .writeOnly, options: [.create, .append])
        let second = try OwnedDescriptor(
            opening: folders.1.appending("B"), .writeOnly, options: [.create, .append])
        while !isEnding.load(ordering: .acquiring) {
            let watch = Stopwatch()
            let record = Self.record(count.load(ordering: .relaxed))
            try first.writeNext(record)
            try first.synchronise()
            try second.writeNext(record)
            try second.synchronise()
            count.add(1, ordering: .releasing)
            longest.max(Int(watch.elapsed / .microseconds(1)), ordering: .acquiringAndReleasing)
        }
    }

    private func writeDatabase(_ queue: DatabaseQueue) throws {
        var number = 0
        while !isEnding.load(ordering: .acquiring) {
            number += 1
            try queue.write { database in
                try database.execute(sql: "INSERT INTO one (n) VALUES (?)", arguments: [number])
                try database.execute(sql: "INSERT INTO two (n) VALUES (?)", arguments: [number])
            }
        }
        try queue.close()
    }

    private static func openDatabase(in folder: FilePath) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL") }
        let queue = try DatabaseQueue(path: folder.appending(databaseName).string, configuration: configuration)
        try queue.write { database in
            for table in ["one", "two"] {
                try database.execute(sql: "CREATE TABLE IF NOT EXISTS \(table) (n INTEGER PRIMARY KEY)")
                try database.execute(sql: "DELETE FROM \(table)")
            }
        }
        return queue
    }

    private static func record(_ number: Int) -> [UInt8] {
        var text = Array("record \(number) ".utf8)
        text += [UInt8](repeating: UInt8(ascii: "."), count: recordByteCount - 1 - text.count)
        return text + [UInt8(ascii: "\n")]
    }

    // MARK: - Looking at an image

    /// What of the order is broken in the folders of an image; empty: nothing. A record that was half appended is no record.
    static func violations(_ first: FilePath, _ second: FilePath) throws -> [String] {
        var found: [String] = []
        let (a, b) = (try records(first.appending("A")), try records(second.appending("B")))
        if b.count > a.count { found.append("B has \(b.count) records, A only \(a.count)") }
        for (name, records) in [("A", a), ("B", b)] {
            for (number, text) in records.enumerated() where !text.hasPrefix("record \(number) ") {
                found.append("\(name) has '\(text.prefix(20))' where record \(number) was")
                break
            }
        }
        return found + (try databaseViolations(first.appending(databaseName)))
    }

    static func recordCount(in folder: FilePath, _ name: String = "A") throws -> Int {
        try records(folder.appending(name)).count
    }

    private static func records(_ path: FilePath) throws -> [String] {
        guard File.exists(path) else { return [] }
        let bytes = try File.read(path, upTo: 64 << 20)
        return stride(from: 0, to: bytes.count - bytes.count % recordByteCount, by: recordByteCount).map {
            String(decoding: bytes[$0..<$0 + recordByteCount], as: UTF8.self)
        }
    }

    private static func databaseViolations(_ path: FilePath) throws -> [String] {
        do {
            let queue = try DatabaseQueue(path: path.string)
            defer { try? queue.close() }
            return try queue.read { database in
                let check = try String.fetchAll(database, sql: "PRAGMA integrity_check")
                var found = check == ["ok"] ? [] : check.prefix(3).map { "integrity_check: \($0)" }
                let counts = try ["one", "two"].map {
                    try Int.fetchOne(database, sql: "SELECT count(*) FROM \($0)") ?? 0
                }
                if counts[0] != counts[1] { found.append("one has \(counts[0]) rows, two has \(counts[1])") }
                return found
            }
        } catch {
            return ["SQLite: \(error)"]
        }
    }
}
