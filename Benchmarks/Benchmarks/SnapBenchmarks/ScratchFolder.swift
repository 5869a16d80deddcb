import Foundation
import SystemPackage

/// A folder that is the benchmark's own.
struct ScratchFolder {
    let path: FilePath

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "snapctl-microbench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = FilePath(url.path)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path.string) }
}
