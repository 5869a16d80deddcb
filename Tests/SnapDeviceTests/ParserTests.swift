import SnapModel
import SnapSystem
import SystemPackage
import Testing

@testable import SnapDevice

@Suite struct ParserTests {
    @Test func mountinfo() throws {
        let table = MountTable(
            parsing: """
                27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
                61 27 7:3 / /mnt/a\\040b rw shared:12 master:1 - xfs /dev/loop3 rw
                62 27 0:45 /sub /srv rw,relatime shared:9 - btrfs /dev/vdb1 rw,subvol=/sub
                63 27 0:46 / /ctr rw - overlay overlay rw,lowerdir=/l1:/l2,upperdir=/up,workdir=/w
                64 27 0:47 / /none rw - tmpfs tmpfs
                nonsense
                65 27 nodevice / /x rw - ext4 /dev/x rw
                """)
        #expect(table.mounts.map(\.id) == [27, 61, 62, 63, 64])
        #expect(table.mounts[1].mountPoint == "/mnt/a b")
        #expect(table.mounts[1].device == DeviceNumber(major: 7, minor: 3))
        #expect(table.mounts[2].filesystemType == "btrfs" && table.mounts[2].source == "/dev/vdb1")
        #expect(table.mounts[3].options.contains("upperdir=/up"))
        #expect(table.mounts[4].options == [])
        #expect(table.mount(holding: "/srv/store/packs")?.id == 62)
        #expect(table.mount(holding: "/srvother")?.id == 27)
        #expect(table.mount(holding: "/")?.id == 27)
    }

    @Test(
        arguments: [
            ("vg-home", "vg", "home"), ("my--vg-a--b--", "my-vg", "a-b-"), ("vg-home-real", nil, nil), ("vg", nil, nil),
            ("vg--home", nil, nil), ("", nil, nil),
        ] as [(String, String?, String?)])
    func namesOfLogicalVolumes(deviceName: String, group: String?, volume: String?) {
        let uuid = "LVM-" + String(repeating: "a", count: 64)
        let name = LogicalVolumeName(deviceName: deviceName, deviceUUID: uuid)
        #expect(name?.group == group && name?.volume == volume)
        // Parts of others, and what is not of LVM.
        for other in [uuid + "-real", "CRYPT-LUKS2-1", ""] {
            #expect(LogicalVolumeName(deviceName: deviceName, deviceUUID: other) == nil)
        }
    }

    @Test func theLastOfTwoMountsAtOnePlaceCoversTheFirst() {
        let table = MountTable(
            parsing: "1 0 8:1 / /m rw - ext4 /dev/sda1 rw\n2 1 8:2 / /m rw - ext4 /dev/sda2 rw")
        #expect(table.mount(holding: "/m/x")?.id == 2)
    }

    @Test func swaps() {
        let areas = SwapArea.parse(
            "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/dm-1  partition\t1\t0\t-2\n/swap\\040file\tfile\t1\t0\t-3\n"
        )
        #expect(areas == [SwapArea(path: "/dev/dm-1", isFile: false), SwapArea(path: "/swap file", isFile: true)])
        #expect(SwapArea.parse("").isEmpty)
    }

    @Test(arguments: [
        ("a\\040b", "a b"), ("\\134", "\\"), ("\\", "\\"), ("\\04", "\\04"), ("\\999", "\\999"),
        ("caf\\303\\251", "café"),
        ("\\777", "\\777"),
    ])
    func octal(_ escaped: String, _ plain: String) { #expect(unescapeOctal(escaped) == plain) }

    @Test func errorsAreOneLine() {
        let error = DeviceError(.noSuchPath, "/dev/a\nb", "does not exist\r\nat all")
        #expect(isOneLine(error))
        let codes: [Errno] = [
            .permissionDenied, .noSuchFileOrDirectory, .isDirectory, .readOnlyFileSystem, .noSuchAddressOrDevice,
            .ioError,
        ]
        for code in codes {
            let error = DeviceError.opening("/dev/x", SystemError("open", "/dev/x", code))
            #expect(error.description.hasPrefix("/dev/x ") && isOneLine(error))
        }
    }

    @Test func usesAreNamed() {
        #expect(VolumeUse.phrase([.mounted(device: "vda", at: "/srv")], on: "vda") == "mounted at /srv")
        #expect(VolumeUse.phrase([.mounted(device: "vda1", at: "/")], on: "vda") == "vda1 is mounted at /")
        let many = (1...6).map { VolumeUse.held(device: "vda", by: "dm-\($0)") }
        #expect(
            VolumeUse.phrase(many, on: "vda") == "held by dm-1, held by dm-2, held by dm-3, held by dm-4 and 2 more")
    }

    private func isOneLine(_ error: DeviceError) -> Bool { !error.description.contains { $0.isNewline } }
}
