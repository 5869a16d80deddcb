import SnapModel
import Testing

@testable import SnapCommands

@Suite struct VolumeAnswerTests {
    @Test(arguments: OutputFormat.allCases)
    func `a volume is printed as ever`(format: OutputFormat) throws {
        let answer = VolumeAnswer(report: Self.mountedPartition, path: "/dev/loop3p1")
        try Golden.expect(answer.printed(as: format), "volume.\(format)")
        let root = VolumeAnswer(report: Self.rootDisk, path: "/dev/vda")
        try Golden.expect(root.printed(as: format), "volume-root.\(format)")
    }

    /// A name may hold anything.
    @Test func `names do not steer the terminal`() {
        var report = Self.rootDisk
        report.stack.name = "/dev/\u{1B}[31m"
        report.otherUses = ["a\nb\u{7}"]
        report.refusal = "\u{1B}"
        let text = VolumeAnswer(report: report, path: "x").printed(as: .table)
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
        #expect(text.contains("  a b?\n"))
    }

    private static let mountedPartition = VolumeReport(
        stack: VolumeLayer(
            .partition, "/dev/loop3p1", detail: "partition, from byte 1048576", byteCount: 40 << 20,
            beneath: [
                VolumeLayer(
                    .loop, "/dev/loop3", detail: "loop device", byteCount: 64 << 20,
                    beneath: [
                        VolumeLayer(
                            .file, "/srv/disk.img", detail: "image file", byteCount: 64 << 20,
                            beneath: [
                                VolumeLayer(
                                    .filesystem, "/srv", detail: "btrfs",
                                    beneath: [
                                        VolumeLayer(.logicalVolume, "/dev/dm-0", detail: "logical volume vg/srv"),
                                        VolumeLayer(.disk, "/dev/vdb", detail: "", byteCount: 1 << 40),
                                    ])
                            ])
                    ])
            ]),
        byteCount: 40 << 20, identity: VolumeIdentity(strength: .strong, value: "file:1:2:3:partition:4"),
        isRootVolume: false,
        filesystems: [
            VolumeReport.Filesystem(
                deviceName: "loop3p1", type: "ext4", mountPoints: ["/mnt", "/bind"], isReadOnly: false,
                canBeFrozen: true)
        ],
        otherUses: [], canReflink: true, reflinkDetail: "clones would be in /srv",
        methods: [
            .possible(.clone, .filesystem, "its clone would be in /srv"),
            .impossible(.exclusive, "loop3p1 is mounted at /mnt", remedy: "unmount it"),
            .onRequest(.none, .none, "the image is of no point in time"),
        ],
        automaticMethod: .clone, refusal: nil)

    private static let rootDisk = VolumeReport(
        stack: VolumeLayer(.disk, "/dev/vda", detail: "QEMU", byteCount: 8 << 30), byteCount: 8 << 30,
        identity: VolumeIdentity(strength: .weak, value: "path:/dev/vda"), isRootVolume: true, filesystems: [],
        otherUses: ["vda2 is active as swap"], canReflink: nil, reflinkDetail: "",
        methods: [.impossible(.freeze, "it carries /")], automaticMethod: nil,
        refusal: "no point in time can be made of /dev/vda as it is")
}
