import Foundation
import Glibc
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@Suite("Process identity", .timeLimit(.minutes(20)))
struct ProcessIdentityTests {
    @Test func thisProcess() throws {
        let current = ProcessIdentity.current
        #expect(current.number == getpid())
        #expect(current.isAlive)
        #expect(ProcessIdentity(number: getpid()) == current)
        #expect(current.startTicks > 0)
        #expect(current.boot.count == 12)
        let boot = try File.readText("/proc/sys/kernel/random/boot_id").filter { $0 != "-" }
        #expect(boot.hasPrefix(current.boot))
    }

    @Test func textSurvives() throws {
        let current = ProcessIdentity.current
        #expect(ProcessIdentity(current.description) == current)
        let other = try #require(ProcessIdentity("12-345-0123456789ab"))
        #expect(other.number == 12 && other.startTicks == 345 && other.boot == "0123456789ab")
        #expect(other.description == "12-345-0123456789ab")
    }

    @Test(arguments: [
        "", "-", "--", "12", "12-345", "x-345-0123456789ab", "12-x-0123456789ab", "12-345-0123456789ab-9",
        "99999999999-345-0123456789ab", "12-99999999999999999999999-0123456789ab", "12.5-1-0123456789ab",
    ])
    func malformed(text: String) { #expect(ProcessIdentity(text) == nil) }

    @Test func anEndedChildIsNotAlive() throws {
        let child = try ChildProcess(["sleep", "100"])
        let identity = try #require(ProcessIdentity(number: child.number))
        #expect(identity.isAlive)
        child.kill()
        #expect(Waiting.until { child.state == "Z" })
        #expect(!identity.isAlive, "a zombie runs no more")
        #expect(ProcessIdentity(number: child.number) == nil)
        child.wait()
        #expect(!identity.isAlive)
        #expect(ProcessIdentity(number: child.number) != identity)
    }

    @Test func aSleepingChildIsAlive() throws {
        let child = try ChildProcess(["sleep", "100"])
        let identity = try #require(ProcessIdentity(number: child.number))
        #expect(Waiting.until { child.state == "S" })
        #expect(identity.isAlive)
        #expect(kill(child.number, SIGSTOP) == 0)
        #expect(Waiting.until { child.state == "T" })
        #expect(identity.isAlive, "stopped is not ended")
    }

    @Test func anotherBootOrStartIsAnotherProcess() throws {
        let current = ProcessIdentity.current
        let otherBoot = try #require(ProcessIdentity("\(current.number)-\(current.startTicks)-000000000000"))
        #expect(!otherBoot.isAlive)
        let earlier = try #require(
            ProcessIdentity("\(current.number)-\(current.startTicks - 1)-\(current.boot)")
        )
        #expect(!earlier.isAlive)
    }

    /// The name in /proc/N/stat is not quoted.
    @Test(arguments: ["a) Z 1 (b", "Z", ") ) Z", "(((", "a b c d"])
    func anyName(name: String) throws {
        try ScratchDirectory.with { scratch in
            let program = scratch.appending(name)
            try Command.check("cp", try File.resolve("/bin/sleep").string, program.string)
            let child = try ChildProcess([program.string, "100"])
            #expect(
                Waiting.until { (try? File.readText(FilePath("/proc/\(child.number)/comm"))) == name + "\n" }
            )
            let identity = try #require(ProcessIdentity(number: child.number))
            #expect(identity.isAlive)
            let ticks = Double(identity.startTicks) / Double(sysconf(Int32(_SC_CLK_TCK)))
            let uptime = try #require(Double(File.readText("/proc/uptime").split(separator: " ")[0]))
            #expect(abs(uptime - ticks) < 60, "it began a moment ago")
        }
    }

    @Test(arguments: [0, -1, Int32.max])
    func noSuchProcess(number: Int32) { #expect(ProcessIdentity(number: number) == nil) }

    @Test func theClock() {
        let before = Date().timeIntervalSince1970 * 1_000
        let now = Double(Timestamp.now().millisecondsSinceEpoch)
        let after = Date().timeIntervalSince1970 * 1_000
        #expect((before - 2...after + 2).contains(now))
        #expect(Machine.processorCount >= 1)
        #expect(Machine.peakMemoryByteCount > 1 << 20)
    }
}
