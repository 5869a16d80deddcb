import Glibc
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

let blockByteCount = BlockGeometry.byteCount

/// Byte for byte, and in length: cmp(1).
func areEqual(_ first: FilePath, _ second: FilePath) throws -> Bool {
    let outcome = try Command.run(["cmp", first.string, second.string])
    guard outcome.status <= 1 else { throw Command.Failure(description: outcome.errors) }
    return outcome.status == 0
}

/// The first `byteCount` bytes.
func areEqual(_ first: FilePath, _ second: FilePath, byteCount: Int) throws -> Bool {
    try Command.run(["cmp", "-n", String(byteCount), first.string, second.string]).status == 0
}

func sum(_ path: FilePath) throws -> String {
    String(try Command.check("sha256sum", path.string).prefix(64))
}

/// Fills a part of a file or device with what does not compress, and was never there before.
func scramble(_ path: FilePath, _ byteCount: Int, at offset: Int = 0) throws {
    try Command.check(
        "dd",
        "if=/dev/urandom",
        "of=\(path.string)",
        "bs=1M",
        "conv=notrunc,fsync",
        "status=none",
        "iflag=fullblock,count_bytes",
        "oflag=seek_bytes",
        "count=\(byteCount)",
        "seek=\(offset)"
    )
}

func copy(_ source: FilePath, to target: FilePath) throws {
    try Command.check("cp", "--sparse=always", source.string, target.string)
}

extension ScratchDirectory {
    /// A file of random bytes.
    func volume(_ name: String, byteCount: Int) throws -> FilePath {
        let path = try sparseFile(name, byteCount: byteCount)
        try scramble(path, byteCount)
        return path
    }
}

/// Expects the program to refuse: one line on standard error, nothing on standard output, this status.
func expectRefusal(
    _ outcome: Command.Outcome,
    _ status: Int32,
    _ words: String...,
    at location: SourceLocation = #_sourceLocation
) {
    #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: location)
    #expect(outcome.output.isEmpty, sourceLocation: location)
    let lines = outcome.errors.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 2 && lines.last?.isEmpty == true, "\(outcome.errors)", sourceLocation: location)
    #expect(outcome.errors.hasPrefix("snapctl: error"), sourceLocation: location)
    for word in words {
        #expect(outcome.errors.contains(word), "\(word) in: \(outcome.errors)", sourceLocation: location)
    }
}

/// Waits until `isTrue`, for at most `timeout`.
func wait(_ timeout: Duration = .seconds(20), until isTrue: () throws -> Bool) throws -> Bool {
    let watch = Stopwatch()
    while watch.elapsed < timeout {
        if try isTrue() { return true }
        usleep(2_000)
    }
    return false
}
