import SnapDevice
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapConsistency

extension DeviceMapper {
    /// The room for what is overwritten while a snapshot is read: where it ends, nothing torn is believed.
    @Suite(.serialized) struct Room {
        @Test func aReserveThatOverflows() throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory, byteCount: 64 << 20) { group in
                    let node = try group.thick("volume", byteCount: 48 << 20)
                    // 60 MiB in all: 12 are free, and 8 of them become the reserve; the rest is taken.
                    let taking = try Taking(node, reserveByteCount: 8 << 20)
                    try taking.with { point in
                        let rest = try group.field("vg_free", of: "volume")
                        if rest != "0" { _ = try group.thick("rest", byteCount: try #require(Int(rest))) }
                        try point.confirm()
                        try File.overwrite(node, filled(16 << 20, with: 3), at: 0)
                        #expect(consistencyCode { try point.tend() } == .pointInTimeLost)
                        #expect(consistencyCode { try point.confirm() } == .pointInTimeLost)
                        let lease = try #require(point.lease)
                        #expect(consistencyCode { _ = try LogicalVolumeMethods.reopen(lease) } == .pointInTimeLost)
                    }
                    #expect(try group.volumeNames().sorted() == ["rest", "volume"])
                    // Those who use the volume never noticed.
                    #expect(try File.bytes(of: node, 1 << 20) == filled(1 << 20, with: 3))
                }
            }
        }

        @Test func aReserveThatIsExtended() throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory, byteCount: 256 << 20) { group in
                    let node = try group.thick("volume", byteCount: 64 << 20)
                    let old = filled(32 << 20, with: 4)
                    try File.overwrite(node, old, at: 0)
                    try Taking(node, reserveByteCount: 8 << 20).with { point in
                        guard case .logicalVolume(_, let name, _, false)? = point.lease else {
                            Issue.record("no lease of a thick snapshot")
                            return
                        }
                        var sizes = [try group.field("lv_size", of: name)]
                        for step in 0..<8 {
                            let offset = step * (3 << 20)
                            try File.overwrite(node, filled(3 << 20, with: 9), at: offset)
                            try point.tend()
                        }
                        sizes.append(try group.field("lv_size", of: name))
                        let last = try #require(Int(sizes[1]))
                        #expect(sizes[0] == "\(8 << 20)" && last > 24 << 20)
                        try point.confirm()
                        #expect(try point.reader.bytes(32 << 20) == old)
                    }
                }
            }
        }

        @Test func aGroupWithoutRoom() throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory, byteCount: 64 << 20) { group in
                    let taking = try Taking(try group.thick("volume", byteCount: 56 << 20))
                    let assessments = taking.assess()
                    #expect(assessments.map(\.verdict) == [.impossible, .impossible])
                    #expect(assessments[1].reason.contains("vgextend"))
                    #expect(consistencyCode { try taking.method.prepare() } == .noReserve)
                }
            }
        }

        @Test func aPoolThatIsFull() throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory, byteCount: 256 << 20) { group in
                    try group.pool(byteCount: 64 << 20)
                    let node = try group.thin("volume", byteCount: 128 << 20)
                    let taking = try Taking(node)
                    #expect(taking.assess().map(\.verdict) == [.possible, .impossible])
                    try File.overwrite(node, filled(62 << 20, with: 5), at: 0)
                    let assessments = taking.assess()
                    #expect(assessments.map(\.verdict) == [.impossible, .impossible])
                    #expect(assessments[0].reason.contains("96 % full"))
                    #expect(consistencyCode { try taking.method.prepare() } == .noReserve)
                }
            }
        }

        @Test func aPoolThatFillsMeanwhile() throws {
            try ScratchDirectory.with { directory in
                try VolumeGroup.with(in: directory, byteCount: 256 << 20) { group in
                    try group.pool(byteCount: 64 << 20)
                    let node = try group.thin("volume", byteCount: 128 << 20)
                    try File.overwrite(node, filled(32 << 20, with: 6), at: 0)
                    try Taking(node).with { point in
                        try point.tend()
                        try File.overwrite(node, filled(31 << 20, with: 7), at: 0)
                        #expect(consistencyCode { try point.tend() } == .pointInTimeLost)
                    }
                    // Given up in time: there is room again.
                    try File.overwrite(node, filled(16 << 20, with: 8), at: 64 << 20)
                    #expect(try group.volumeNames().sorted() == ["pool", "volume"])
                }
            }
        }
    }
}
