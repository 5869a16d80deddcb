import Testing

@testable import SnapConsistency

@Suite struct LVMStatus {
    @Test(
        arguments: [
            ("0 409600 snapshot 9272/40960 48\n", .reserve(usedByteCount: 9272 * 512, byteCount: 40960 * 512)),
            ("0 409600 snapshot Invalid", .lost("Invalid")), ("0 409600 snapshot Overflow", .lost("Overflow")),
            ("0 819200 thin 131968 819199", .thin), ("0 819200 thin 0 -", .thin), ("0 819200 thin Fail", .lost("Fail")),
            ("0 819200 thin Error", .lost("Error")), ("0 614400 thin-pool Fail", .lost("Fail")),
            (
                "0 614400 thin-pool 3 256/1024 1200/4800 - rw discard_passdown queue_if_no_space - 256",
                .pool(used: 0.25, usedMetadata: 0.25, takesWrites: true)
            ),
            (
                "0 614400 thin-pool 3 0/1024 4800/4800 - out_of_data_space discard_passdown error_if_no_space - 256",
                .pool(used: 1, usedMetadata: 0, takesWrites: false)
            ), ("0 409600 linear", .other("linear")), ("0 409600 linear ", .other("linear")),
        ] as [(String, DeviceMapperStatus)])
    func parses(text: String, status: DeviceMapperStatus) {
        #expect(DeviceMapperStatus.parse(text) == status)
    }

    @Test(arguments: ["", "0 1", "0 1 thin-pool 3 1/2", "0 1 thin-pool 3 1/2 x/y - rw"])
    func whatIsNoStatus(text: String) {
        #expect(DeviceMapperStatus.parse(text) == nil)
    }

    @Test(
        arguments: [
            ("  WARNING: Sum of all thin volume sizes\n  Insufficient free space: 5 extents needed\n", .noReserve),
            ("  Volume group \"vg\" has insufficient free space (0 extents): 5 required.", .noReserve),
            (
                "  device-mapper: suspend ioctl on  (253:0) failed: Device or resource busy\n  Unable to suspend",
                .alreadyFrozen
            ), ("  /run/lock/lvm/P_global: open failed: Permission denied", .permissionDenied), ("  Oops", .toolFailed),
        ] as [(String, ConsistencyError.Code)])
    func complaints(text: String, code: ConsistencyError.Code) {
        let complaint = LVMProgram.complaint(in: text)
        #expect(LVMProgram.code(of: complaint) == code)
        #expect(!complaint.contains("WARNING") && !complaint.contains("\n") && !complaint.hasPrefix(" "))
    }

    @Test(arguments: [
        ("6.1.0-56-amd64", false), ("6.7.12", false), ("6.8.0-31-generic", true), ("6.12.95+deb12-amd64", true),
        ("7.0", true), ("5.15.0", false), ("", false), ("linux", false),
    ])
    func whereFreezesNest(release: String, nests: Bool) {
        #expect(NestedFreeze.isPossible(release: release) == nests)
    }
}
