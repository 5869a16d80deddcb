import Foundation
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

/// All tests of the real program, one after the other: there are few loop devices, and they are everybody's.
@Suite(.serialized, .enabled(if: LoopDevice.isAvailable, "needs root and /dev/loop-control"))
enum Integration {}

/// The program that this package builds, over one root.
struct Program: Sendable {
    let root: FilePath

    /// Beside the bundle of the tests, where the package manager puts it.
    static let path: FilePath = {
        let tests = (try? File.readLink("/proc/self/exe")) ?? ""
        return FilePath(tests).removingLastComponent().appending("snapctl")
    }()

    init(_ root: FilePath) { self.root = root }

    /// A root in a scratch folder.
    init(in directory: ScratchDirectory, _ name: String = "root") { root = directory.appending(name) }

    func line(_ arguments: [String]) -> [String] {
        [Self.path.string] + arguments + ["--root", root.string, "--quiet"]
    }

    func run(_ arguments: String...) throws -> Command.Outcome { try Command.run(line(arguments)) }

    func run(_ arguments: [String]) throws -> Command.Outcome { try Command.run(line(arguments)) }

    /// Starts it and leaves it running.
    func start(_ arguments: String..., logs: ScratchDirectory) throws -> RunningProgram {
        try RunningProgram(line(arguments), logs: logs)
    }

    // MARK: - Verbs that should succeed

    @discardableResult
    func create(_ volume: FilePath, _ more: String...) throws -> SnapshotFields {
        try create(volume.string, more)
    }

    func create(_ volume: String, _ more: [String]) throws -> SnapshotFields {
        let output = try Command.check(line(["create", "--volume", volume] + more))
        let snapshot = try decode(SnapshotFields.self, output)
        #expect(snapshot.state == "completed" && snapshot.progress == "100%")
        return snapshot
    }

    /// Takes a snapshot whose answer may still be pending.
    func secure(_ volume: FilePath, _ more: String...) throws -> SnapshotFields {
        try decode(SnapshotFields.self, try Command.check(line(["create", "--volume", volume.string] + more)))
    }

    /// Snapshots of several volumes at one instant.
    func secureSet(_ volumes: [FilePath], _ more: String...) throws -> [SnapshotFields] {
        let named = volumes.flatMap { ["--volume", $0.string] }
        return try decode(ListFields.self, try Command.check(line(["create"] + named + more))).snapshots
    }

    /// Until they are completed.
    func waitFor(_ ids: [String]) throws { try Command.check(line(["wait", "--timeout", "5m"] + ids)) }

    func list(_ ids: String...) throws -> [SnapshotFields] {
        try decode(ListFields.self, try Command.check(line(["list"] + ids))).snapshots
    }

    func restore(_ id: String, to target: FilePath, _ more: String...) throws {
        try Command.check(line(["restore", id, "--to", target.string] + more))
    }

    /// The report, and the status the program ended with.
    func verify(_ id: String, _ more: String...) throws -> (status: Int32, report: VerifyFields) {
        let outcome = try run(["verify", id] + more)
        guard outcome.status <= 2, !outcome.output.isEmpty else {
            throw Command.Failure(description: "verify \(id): status \(outcome.status): \(outcome.errors)")
        }
        return (outcome.status, try decode(VerifyFields.self, outcome.output))
    }

    func verifies(_ id: String) throws -> Bool { try run("verify", id).status == 0 }

    func diff(_ first: String, _ second: String) throws -> (status: Int32, report: DiffFields) {
        let outcome = try run("diff", first, second)
        return (outcome.status, try decode(DiffFields.self, outcome.output))
    }

    func rebuild() throws { try Command.check(line(["catalogue", "rebuild"])) }

    /// Whether a snapshot, restored, is byte for byte this file or device.
    func holds(_ id: String, _ contents: FilePath, in directory: ScratchDirectory) throws -> Bool {
        let target = directory.appending("restored-\(id)")
        defer { try? File.remove(target) }
        try restore(id, to: target)
        return try areEqual(target, contents)
    }

    // MARK: - The store

    var store: FilePath { root.appending("store") }
    var catalogue: FilePath { root.appending("catalogue.db") }

    func files(_ pattern: String) throws -> [FilePath] {
        guard File.exists(root) else { return [] }
        // Files come and go while somebody works: find(1) tells of those that went.
        let names = try Command.run(["find", root.string, "-type", "f", "-name", pattern]).output
        return names.split(separator: "\n").map { FilePath(String($0)) }.sorted { $0.string < $1.string }
    }

    func packs() throws -> [FilePath] { try files("*.pack") }

    /// What writers did not finish.
    func unfinished() throws -> [FilePath] { try files("*.tmp-*") }

    func storedByteCount() throws -> Int {
        try packs().reduce(0) { $0 + (try FileStatus(of: $1).byteCount) }
    }
}

func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}
