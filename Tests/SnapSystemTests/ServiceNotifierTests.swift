import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@Suite struct ServiceNotifierTests {
    @Test func `news arrive, each on a line, in their order`() throws {
        try ScratchDirectory.with { directory in
            let socket = try NotificationSocket(directory.appending("notify"))
            let notifier = try #require(ServiceNotifier(socket.path.string))
            notifier.tell(.ready, .status("42 %\nMAINPID=1"))
            notifier.tell(.watchdog)
            notifier.tell(.moreTime(.seconds(90)))
            #expect(
                socket.received()
                    == ["READY=1", "STATUS=42 % MAINPID=1", "WATCHDOG=1", "EXTEND_TIMEOUT_USEC=90000000"],
                "a status is one line, whatever is in it")
        }
    }

    @Test func `nobody who listens is no failure`() throws {
        try ScratchDirectory.with { directory in
            try #require(ServiceNotifier(directory.appending("none").string)).tell(.ready)
        }
        let abstract = try #require(ServiceNotifier("@snapctl-tests-nobody"))
        abstract.tell(.watchdog)
    }

    @Test(arguments: ["", "relative", "vsock:2:1", "/" + String(repeating: "x", count: 107)])
    func `what is no such socket is refused`(name: String) { #expect(ServiceNotifier(name) == nil) }
}
