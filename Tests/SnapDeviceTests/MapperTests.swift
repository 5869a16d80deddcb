import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapDevice

/// Tables of device-mapper, as the kernel writes them and as made up, over made-up trees of devices.
@Suite struct Mappers {
    // MARK: - Parsing

    @Test func tablesAreParsedAndKeysAreLeftOut() throws {
        let key = String(repeating: "ab", count: 32)
        let table = try #require(
            try parsed([
                (0, 2_048, "linear", "254:2 4096"),
                (2_048, 512, "crypt", "aes-xts-plain64 \(key) 0 254:16 8 1 allow_discards"),
                (2_560, 8, "zero", ""),
            ]))
        #expect(
            table
                == MapperTable([
                    target(0, 2_048, "linear 254:2 4096"),
                    target(2_048, 512, "crypt aes-xts-plain64 - 0 254:16 8 1 allow_discards"), target(2_560, 8, "zero"),
                ]))
        let none = try parsed([])
        #expect(none == MapperTable([]))
    }

    @Test func damagedTablesAreNoTables() throws {
        let bytes = encoded([(0, 2_048, "linear", "254:2 4096"), (2_048, 512, "linear", "254:16 8")])
        #expect(try parsed(bytes, 2) != nil)
        // More targets than there are, numbers that are no bytes, a target beyond the end, words without an end.
        #expect(try parsed(bytes, 3) == nil)
        #expect(try parsed(bytes.replaced(8, with: [UInt8](repeating: 0xff, count: 8)), 2) == nil)
        #expect(try parsed(bytes.replaced(20, with: [0xff, 0xff, 0xff, 0x7f]), 2) == nil)
        #expect(try parsed([UInt8](repeating: 1, count: bytes.count), 1) == nil)
        var random = SeededRandom(seed: 3)
        for _ in 0..<2_000 {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            // Whatever comes of it, nothing is read beyond the end.
            _ = try parsed(bytes.replaced(place, with: [UInt8.random(in: 0...255, using: &random)]), 2)
        }
    }

    // MARK: - Mapping

    @Test(arguments: [
        "linear 254:2 4096", "crypt aes-xts-plain64 - 0 254:2 4096",
        "crypt aes-xts-plain64 :64:logon:cryptsetup:x 16 254:2 4096 4 allow_discards sector_size:4096 iv_large_sectors same_cpu_crypt",
    ])
    func whatStaysInPlace(words: String) {
        let expected = MapperTable.Target.Mapping.inPlace(device: DeviceNumber(major: 254, minor: 2), byte: 2 << 20)
        #expect(target(0, 8, words).mapping == expected)
    }

    @Test(arguments: [
        ("linear", "not as it is known"), ("linear 254:2 -8", "not as it is known"),
        ("linear vda 8", "not as it is known"),
        ("linear 254:2 9223372036854775807", "not as it is known"),
        ("crypt aes-xts-plain64 - 0 254:2", "not as it is known"),
        ("crypt aes-gcm-random - 0 254:2 0 1 integrity:28:aead", "integrity"),
        ("crypt aes-xts-plain64 - 0 254:2 0 2 allow_discards sideways:3", "not known here (sideways)"),
        ("striped 2 128 254:2 0 254:16 0", "striped"),
        ("mirror core 2 1024 nosync 2 254:2 0 254:16 0", "several disks"),
        ("raid raid1 3 0 region_size 1024 2 - 254:2 - 254:16", "several disks"), ("thin 253:4 1", "pool"),
        ("thin-pool 253:1 253:2 128 0 0", "pool"), ("cache 253:1 253:2 253:3 128 0 default 0", "cached"),
        ("writecache s 253:1 253:2 4096 0", "cached"), ("snapshot 253:1 253:2 P 8", "snapshots"),
        ("snapshot-origin 253:1", "snapshots"), ("snapshot-merge 253:1 253:2 P 8", "snapshots"),
        ("multipath 0 0 1 1 service-time 0 1 2 8:0 1 1", "several paths"), ("integrity 254:2 0 - J 0", "checksums"),
        ("verity 1 254:2 254:3", "checksums"), ("clone 253:1 253:2 253:3 8", "copied"), ("vdo V4 254:2 4096", "pool"),
        ("era 253:1 253:2 128", "era"), ("zero", "no bytes"), ("error", "no bytes"),
        ("flakey 254:2 0 1 1", "flakey, which is not known"),
    ])
    func whatDoesNotIsSaidWhy(words: String, reason: String) {
        guard case .elsewhere(let said) = target(0, 8, words).mapping else {
            Issue.record("\(words) is taken for one that stays in place")
            return
        }
        #expect(said.contains(reason))
    }

    // MARK: - Down to the disks

    @Test func aDiskAndAPartitionAreThemselves() throws {
        try withTree { tree in
            let whole = try followed(tree, "vdb", 4 << 20, [:])
            #expect(whole == [disk(254, 16, 0, 4 << 20, 0)])
            let part = try followed(tree, "vda2", 4 << 20, [:])
            #expect(part == [disk(254, 0, 1 << 20, 4 << 20, 0, askedOf: 2)])
        }
    }

    /// A logical volume over an encrypted partition and another disk, and a part of it that reaches over both.
    @Test func layersAndPiecesAreFollowed() throws {
        try withTree { tree in
            let tables = [
                "253:0": ["0 65536 crypt aes-xts-plain64 - 0 254:2 4096"],
                "253:1": ["0 8192 linear 253:0 2048", "8192 4096 linear 253:0 10240", "12288 8192 linear 254:16 256"],
                "253:2": ["0 2048 linear 253:1 11264"],
            ]
            let volume = try followed(tree, "dm-1", 20_480 << 9, tables)
            // The two pieces that follow upon each other are one: 1 MiB of the partition, 2 of the header, 1 of the volume.
            #expect(volume[0] == disk(254, 0, 4 << 20, 12_288 << 9, 0, askedOf: 2))
            #expect(volume.dropFirst() == [disk(254, 16, 256 << 9, 8_192 << 9, 12_288 << 9)])
            let part = try followed(tree, "dm-2", 2_048 << 9, tables)
            #expect(part[0] == disk(254, 0, (4 << 20) + 11_264 << 9, 1_024 << 9, 0, askedOf: 2))
            #expect(part.dropFirst() == [disk(254, 16, 256 << 9, 1_024 << 9, 1_024 << 9)])
        }
    }

    @Test(arguments: [
        (["0 8 linear 254:16 0"], "nothing is beneath"), (["8 8 linear 254:16 0"], "nothing is beneath"),
        (["0 16 linear 99:99 0"], "nothing is beneath"), ([], "nothing is beneath"),
        (["0 4 linear 254:16 0", "8 8 linear 254:16 0"], "nothing is beneath"),
        (["0 8 linear 254:16 0", "8 8 thin 253:9 1"], "dm-1 (vg-home) takes its room from a pool"),
        (["0 16 linear 253:1 0"], "too many layers"), (["0 16 linear 9:0 0"], "md0 is a RAID"),
        (["0 16 linear 252:0 0"], "zram0 has no queue"), (["0 16 linear 8:0 0"], "sda has zones"),
        (["0 16 linear 8:16 0"], "sdb may be written to as memory"),
    ])
    func obstaclesAreNamed(table: [String], reason: String) throws {
        try withTree { tree in
            let said = obstacle(tree, "dm-1", 16 << 9, ["253:1": table])
            #expect(said?.contains(reason) == true, "\(said ?? "none")")
        }
    }

    /// The same disks themselves, without device-mapper: bcache and DRBD and NVMe with several paths have no queue either.
    @Test(arguments: [
        ("md0", "is a RAID"), ("zram0", "no queue"), ("bcache0", "no queue"), ("drbd0", "no queue"),
        ("nvme0n1", "no queue"),
        ("sda", "zones"), ("sdb", "DAX"),
    ])
    func disksWithoutRequestsAreRefused(name: String, reason: String) throws {
        try withTree { tree in
            let said = obstacle(tree, name, 16 << 9, [:])
            #expect(said?.contains(name) == true && said?.contains(reason) == true, "\(said ?? "none")")
        }
    }

    @Test func aTableThatCannotBeReadIsAnObstacle() throws {
        try withTree { tree in
            let said = obstacle(tree, "dm-1", 16 << 9, [:])
            #expect(said?.contains("what dm-1 (vg-home) is made of") == true)
        }
    }

    // MARK: - Parts

    private func withTree(_ body: (DeviceTree) throws -> Void) throws {
        try ScratchDirectory.with { directory in
            let fake = try FakeTree(directory)
            try fake.add("vda", "254:0", ["mq/count": "1"])
            try fake.add("vda/vda2", "254:2", ["partition": "2", "start": "2048", "size": "409600"])
            try fake.add("vdb", "254:16", ["mq/count": "1", "queue/zoned": "none", "queue/dax": "0"])
            for (number, name) in ["crypt", "vg-home", "part"].enumerated() {
                try fake.add("dm-\(number)", "253:\(number)", ["dm/name": name])
            }
            try fake.add("md0", "9:0", ["md/level": "raid1"])
            try fake.add("sda", "8:0", ["mq/count": "1", "queue/zoned": "host-managed"])
            try fake.add("sdb", "8:16", ["mq/count": "1", "queue/dax": "1"])
            for (number, name) in ["zram0", "bcache0", "drbd0", "nvme0n1"].enumerated() {
                try fake.add(name, "252:\(number)", ["size": "16"])
            }
            try body(fake.tree)
        }
    }

    private func followed(
        _ tree: DeviceTree, _ name: String, _ byteCount: Int, _ tables: [String: [String]]
    ) throws -> [TrackableDisk] {
        var descent = MapperDescent(tree) { device throws(SystemError) in
            guard let lines = tables[device.description] else {
                throw SystemError("ask", "a table", .noSuchAddressOrDevice)
            }
            return MapperTable(
                lines.map { line in
                    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
                    return target(Int(words[0]) ?? 0, Int(words[1]) ?? 0, words[2])
                })
        }
        return try descent.follow(try #require(tree.node(named: name)), byteCount: byteCount)
    }

    private func obstacle(
        _ tree: DeviceTree, _ name: String, _ byteCount: Int, _ tables: [String: [String]]
    ) -> String? {
        do {
            _ = try followed(tree, name, byteCount, tables)
            return nil
        } catch {
            return (error as? MapperDescent.Obstacle)?.description
        }
    }

    private func disk(
        _ major: UInt32, _ minor: UInt32, _ offset: Int, _ byteCount: Int, _ volumeOffset: Int,
        askedOf partition: UInt32? = nil
    ) -> TrackableDisk {
        TrackableDisk(
            number: DeviceNumber(major: major, minor: minor),
            device: DeviceNumber(major: major, minor: partition ?? minor),
            deviceExtent: partition.map { _ in ByteExtent(offset: 1 << 20, byteCount: 200 << 20) },
            extent: ByteExtent(offset: offset, byteCount: byteCount), volumeOffset: volumeOffset)
    }

    /// Numbers in sectors; `words`: the type first.
    private func target(_ start: Int, _ length: Int, _ words: String) -> MapperTable.Target {
        let parts = words.split(separator: " ").map(String.init)
        return MapperTable.Target(
            extent: ByteExtent(offset: start << 9, byteCount: length << 9), type: parts.first ?? "",
            words: Array(parts.dropFirst()))
    }

    private func parsed(_ targets: [(Int, Int, String, String)]) throws -> MapperTable? {
        try parsed(encoded(targets), targets.count)
    }

    /// After some bytes that are not of the table.
    private func parsed(_ bytes: [UInt8], _ count: Int) throws -> MapperTable? {
        let buffer = try AlignedBuffer(byteCount: bytes.count + 312)
        buffer.store(bytes, at: 312)
        return MapperTable(buffer, 312, targetCount: count)
    }

    /// As the kernel puts them: each at a multiple of eight, with the words and a zero after it.
    private func encoded(_ targets: [(Int, Int, String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (start, length, type, words) in targets {
            let tail = (40 + words.utf8.count + 1 + 7) / 8 * 8
            let name = Array(type.utf8) + [UInt8](repeating: 0, count: 16 - type.utf8.count)
            let next = UInt32(bytes.count + tail)
            bytes += raw(UInt64(start)) + raw(UInt64(length)) + raw(Int32(0)) + raw(next) + name + Array(words.utf8)
            bytes += [UInt8](repeating: 0, count: Int(next) - bytes.count)
        }
        return bytes
    }

    private func raw(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
}

extension [UInt8] {
    fileprivate func replaced(_ offset: Int, with bytes: [UInt8]) -> [UInt8] {
        var copy = self
        copy.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        return copy
    }
}
