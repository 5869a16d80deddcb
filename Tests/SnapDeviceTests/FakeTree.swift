import SnapSystem
import SnapTestSupport
import SystemPackage

@testable import SnapDevice

/// A folder that looks like /sys.
struct FakeTree {
    let tree: DeviceTree
    private let root: FilePath

    init(_ directory: ScratchDirectory) throws {
        root = directory.appending("sys")
        tree = DeviceTree(root: root)
        for folder in ["dev/block", "class/block", "block", "devices"] { try Directory.create(root.appending(folder)) }
    }

    /// `place`: the name, below that of its disk for a partition.
    func add(_ place: String, _ number: String, _ files: [String: String]) throws {
        let device = root.appending("devices").appending(FilePath(place).components)
        let name = FilePath(place).lastComponent?.string ?? ""
        for (file, text) in files.merging(["dev": number], uniquingKeysWith: { first, _ in first }) {
            let path = device.appending(FilePath(file).components)
            try Directory.create(path.removingLastComponent())
            try Command.check("cp", "/dev/stdin", path.string, input: text)
        }
        for link in ["dev/block/\(number)", "class/block/\(name)"] {
            try Command.check("ln", "-s", device.string, root.appending(FilePath(link).components).string)
        }
    }
}
