import SnapSystem
import SystemPackage
import Testing

@testable import SnapConsistency

/// What LVM 2.03.16 said in the virtual machine, and what becomes of it.
@Suite struct LVMReports {
    /// A group with a thick volume and its snapshot, a pool, a thin volume and its snapshot.
    private static let report = """
          {
              "report": [
                  {
                      "lv": [
                          \(row("[lvol0_pmspare]", "linear", "ewi-------", "4194304", role: "private,pool,spare", device: "-1")),
                          \(row("pool", "thin-pool", "twi-aotz--", "314572800", role: "private", data: "21.48", metadata: "11.52", device: "4")),
                          \(row("s1", "linear", "swi-I-s---", "20971520", role: "public,snapshot,thicksnapshot", data: "100.00", origin: "thick", tags: "snapctl,snapctl-0123456789abcdef0", device: "10")),
                          \(row("s2", "thin", "Vwi---tz-k", "419430400", role: "public,snapshot,thinsnapshot", pool: "pool", origin: "thin", tags: "snapctl", device: "-1")),
                          \(row("thick", "linear", "owi-aos---", "209715200", role: "public,origin,thickorigin", device: "0")),
                          \(row("thin", "thin", "Vwi-aotz--", "419430400", role: "public,origin,thinorigin", pool: "pool", data: "16.11", device: "6")),
                          \(row("merging", "linear", "Swi-a-s---", "4194304", role: "public,snapshot,thicksnapshot", origin: "thick", device: "12")),
                          \(row("fast", "vdo", "vwi-a-v---", "4194304", role: "public", device: "13"))
                      ]
                  }
              ]
          }
        """

    private static func row(
        _ name: String, _ type: String, _ attributes: String, _ size: String, role: String, pool: String = "",
        data: String = "", metadata: String = "", origin: String = "", tags: String = "", device: String
    ) -> String {
        """
        {"vg_name":"vg", "lv_name":"\(name)", "lv_uuid":"u-\(name)", "segtype":"\(type)", "lv_attr":"\(attributes)", \
        "lv_size":"\(size)", "lv_role":"\(role)", "pool_lv":"\(pool)", "data_percent":"\(data)", \
        "metadata_percent":"\(metadata)", "origin":"\(origin)", "lv_tags":"\(tags)", "vg_free":"1400897536", \
        "vg_extent_size":"4194304", "lv_kernel_major":"\(device == "-1" ? "-1" : "253")", \
        "lv_kernel_minor":"\(device)", "lv_dm_path":"/dev/mapper/vg-\(name)"}
        """
    }

    private func volumes() throws -> [String: LogicalVolume] {
        Dictionary(uniqueKeysWithValues: try LogicalVolume.parse(Self.report).map { ($0.name, $0) })
    }

    @Test func kinds() throws {
        let kinds = try volumes().mapValues(\.kind)
        #expect(
            kinds == [
                "lvol0_pmspare": .other("private,pool,spare"), "pool": .thinPool, "s1": .thickSnapshot, "s2": .thin,
                "thick": .thick, "thin": .thin, "merging": .thickSnapshot, "fast": .other("vdo"),
            ])
    }

    @Test func aThickVolume() throws {
        let volume = try #require(try volumes()["thick"])
        #expect(volume.fullName == "vg/thick" && volume.uuid == "u-thick" && volume.mapperName == "vg-thick")
        #expect(volume.byteCount == 209_715_200 && volume.groupFreeByteCount == 1_400_897_536)
        #expect(volume.extentByteCount == 4_194_304 && volume.device == DeviceNumber(major: 253, minor: 0))
        #expect(volume.isActive && volume.isOpen && !volume.isBusy && !volume.isInvalid && !volume.isSnapshot)
        #expect(volume.origin == nil && volume.poolName == nil && volume.tags.isEmpty && volume.usedFraction == nil)
    }

    @Test func snapshots() throws {
        let all = try volumes()
        let (thick, thin) = (try #require(all["s1"]), try #require(all["s2"]))
        #expect(thick.isSnapshot && thick.isInvalid && thick.isActive && thick.usedFraction == 1)
        #expect(thick.tags == ["snapctl", "snapctl-0123456789abcdef0"])
        #expect(thin.isSnapshot && !thin.isActive && thin.device == nil && thin.poolName == "pool")
        #expect(all["merging"]?.isBusy == true)
    }

    @Test func aPool() throws {
        let pool = try #require(try volumes()["pool"])
        #expect(pool.usedFraction == 0.2148 && pool.usedMetadataFraction == 0.1152)
        #expect(ThinPoolLimits.excess(pool) == nil)
        var full = pool
        full.usedFraction = 0.9512
        #expect(ThinPoolLimits.excess(full)?.hasPrefix("thin pool vg/pool is 95 % full") == true)
        full = pool
        full.usedMetadataFraction = 0.91
        #expect(ThinPoolLimits.excess(full)?.contains("--poolmetadatasize") == true)
    }

    @Test(arguments: ["", "{}", "{\"report\": [{\"lv\": [{\"lv_name\": \"x\"}]}]}", "  Volume group not found"])
    func whatIsNoReport(text: String) {
        let code = code { () throws(ConsistencyError) in _ = try LogicalVolume.parse(text) }
        #expect(code == .toolFailed)
    }

    @Test func whatIsOursByNameAndTags() throws {
        var volume = try #require(try volumes()["s1"])
        volume.name = "snapctl-0123456789abcdef0"
        #expect(TemporarySnapshotName(of: volume) != nil)
        for (name, tags) in [
            ("s1", ["snapctl", "snapctl-0123456789abcdef0"]), ("snapctl-0123456789abcdef0", ["snapctl"]),
            ("snapctl-0123456789abcdef0", ["snapctl-0123456789abcdef0"]),
            ("snapctl-0123456789ABCDEF0", ["snapctl", "snapctl-0123456789ABCDEF0"]),
            ("snapctl-", ["snapctl", "snapctl-"]),
            ("snapctl-0123456789abcdef00", ["snapctl", "snapctl-0123456789abcdef00"]),
        ] {
            (volume.name, volume.tags) = (name, Set(tags))
            #expect(TemporarySnapshotName(of: volume) == nil, "\(name) \(tags)")
        }
        let new = TemporarySnapshotName.random().rawValue
        (volume.name, volume.tags) = (new, [TemporarySnapshotName.tag, new])
        #expect(TemporarySnapshotName(of: volume)?.rawValue == new)
    }

    @Test func judgements() throws {
        let all = try volumes()
        let verdicts = try ["pool", "s1", "fast", "merging"].map { name in
            LogicalVolumeJudgement(try #require(all[name]), among: Array(all.values), PointInTimeOptions()).isPossible
        }
        #expect(verdicts == [false, false, false, false])
    }

    private func code(_ body: () throws(ConsistencyError) -> Void) -> ConsistencyError.Code? {
        do throws(ConsistencyError) {
            try body()
            return nil
        } catch {
            return error.code
        }
    }
}
