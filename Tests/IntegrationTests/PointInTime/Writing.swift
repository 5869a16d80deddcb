import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage

/// A way in which programs write to their files, by fio(1).
enum Writing: String, Sendable, CaseIterable {
    case ioUring = "io_uring"
    /// Past the page cache.
    case direct
    /// Through memory (mmap(2)).
    case mapped
    /// Holes and room (fallocate(2)), and writes between them.
    case holes
    /// Files come and go, and their places are discarded.
    case deletes

    /// Lends writers that write to files of `place` in all these ways, once they have begun; they have ended when this returns.
    static func with<Result>(
        _ ways: [Writing], to place: Place, logs: ScratchDirectory, _ body: (RunningProgram) throws -> Result
    ) throws -> Result {
        let folder = place.mountPoint
        let sectors = try place.writtenSectorCount()
        // Threads, so that none outlives the process.
        let line = ["/usr/bin/fio", "--thread", "--directory=\(folder)", "--output=/dev/null"]
        let writers = try RunningProgram(line + ways.flatMap(\.words), logs: logs)
        defer { _ = try? writers.end(SIGTERM) }
        let hasBegun = try wait { try place.writtenSectorCount() > sectors + begunSectorCount }
        guard hasBegun, try writers.poll() == nil else {
            throw Command.Failure(description: "nobody writes: \(try writers.end(SIGTERM).errors)")
        }
        return try body(writers)
    }

    private static let begunSectorCount = 8_192

    private var words: [String] {
        let paced = ["--rw=randwrite", "--bs=4k", "--size=12m", "--rate_iops=600", "--time_based", "--runtime=900"]
        switch self {
        case .ioUring: return ["--name=ring"] + paced + ["--ioengine=io_uring", "--iodepth=16", "--direct=1"]
        case .direct: return ["--name=direct"] + paced + ["--ioengine=psync", "--direct=1", "--bsrange=4k-64k"]
        case .mapped: return ["--name=mapped"] + paced + ["--ioengine=mmap", "--fsync=32"]
        case .holes:
            let file = ["--filename=holes"]
            let punching = [
                "--rw=randtrim", "--bs=8k", "--size=12m", "--rate_iops=200", "--time_based", "--runtime=900",
            ]
            return ["--name=filled"] + paced + file + ["--ioengine=psync", "--fsync=32"]
                + ["--name=punched"] + punching + file + ["--ioengine=falloc"]
        case .deletes:
            return [
                "--name=deleted", "--rw=write", "--bs=64k", "--size=8m", "--nrfiles=16", "--loops=1000000",
                "--rate=24m",
                "--unlink_each_loop=1", "--ioengine=psync", "--end_fsync=1",
            ]
        }
    }
}
