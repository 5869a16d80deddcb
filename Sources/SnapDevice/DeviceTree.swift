internal import SnapSystem
internal import SystemPackage

/// Block devices as sysfs shows them (sysfs(5), Documentation/ABI/stable/sysfs-block). Reading it needs no permission.
struct DeviceTree: Sendable {
    let root: FilePath

    /// Another `root` than /sys is for tests.
    init(root: FilePath = "/sys") { self.root = root }

    func node(_ number: DeviceNumber) -> DeviceNode? {
        node(at: root.appending("dev/block").appending(number.description))
    }

    func node(named name: String) -> DeviceNode? { node(at: root.appending("class/block").appending(name)) }

    /// Every disk, without partitions, by name.
    func diskNames() -> [String] { (try? Directory.names(in: root.appending("block"))) ?? [] }

    /// All devices of the btrfs that `name` is part of, itself included: one mount names only one of them.
    func btrfsMembers(with name: String) -> [String] {
        let filesystems = root.appending("fs/btrfs")
        for filesystem in (try? Directory.names(in: filesystems)) ?? [] {
            let members = (try? Directory.names(in: filesystems.appending(filesystem).appending("devices"))) ?? []
            if members.contains(name) { return members }
        }
        return [name]
    }

    private func node(at path: FilePath) -> DeviceNode? {
        guard let directory = try? File.resolve(path), let name = directory.lastComponent?.string,
            let text = try? File.readText(directory.appending("dev")),
            let number = DeviceNumber(text.filter { !$0.isWhitespace })
        else { return nil }
        return DeviceNode(name: name, number: number, directory: directory)
    }
}

/// A block device: a disk, a partition, or something made of others.
struct DeviceNode: Hashable, Sendable {
    /// As the kernel names it: `vda1`, `dm-3`.
    let name: String
    let number: DeviceNumber
    let directory: FilePath

    /// Its usual node. The kernel writes `!` where the name has a slash.
    var path: FilePath { FilePath("/dev/" + name.map { $0 == "!" ? "/" : String($0) }.joined()) }

    /// A file of its folder, without white space around; nil when missing or empty.
    func attribute(_ name: String) -> String? {
        guard let text = try? File.readText(directory.appending(FilePath(name).components)) else { return nil }
        let words = text.split(whereSeparator: \.isWhitespace)
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    func number(_ name: String) -> Int? { attribute(name).flatMap { Int($0) } }

    var byteCount: Int { (number("size") ?? 0) * sysfsSectorByteCount }

    var isPartition: Bool { attribute("partition") != nil }

    /// Of a partition: where it begins on its disk, in bytes.
    var startByte: Int? { number("start").map { $0 * sysfsSectorByteCount } }

    /// Of a partition: the folder of its disk.
    var diskName: String? { isPartition ? directory.removingLastComponent().lastComponent?.string : nil }

    var partitionNames: [String] {
        names(in: ".").filter { File.exists(directory.appending($0).appending("partition")) }
    }

    /// Devices made of this one.
    var holderNames: [String] { names(in: "holders") }

    /// Devices that this one is made of.
    var slaveNames: [String] { names(in: "slaves") }

    /// Sectors written and discarded. They count also what a process without a claim did, and unlike the number of writes
    /// not that somebody had the device flushed.
    var changeCount: String? {
        guard let fields = attribute("stat")?.split(separator: " "), fields.count >= 7 else { return nil }
        return "\(fields[6]) \(fields.count > 13 ? fields[13] : "0")"
    }

    /// `dm-3 (vg-home)`
    var title: String { attribute("dm/name").map { "\(name) (\($0))" } ?? name }

    private func names(in folder: String) -> [String] {
        (try? Directory.names(in: folder == "." ? directory : directory.appending(folder))) ?? []
    }
}

/// sysfs counts in these, whatever the sector of the device is.
private let sysfsSectorByteCount = 512
