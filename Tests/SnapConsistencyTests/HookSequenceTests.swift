import Glibc
import SnapConsistency
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@Suite("Hooks", .timeLimit(.minutes(20)))
struct HookSequenceTests {
    @Test func inOrderAndBack() throws {
        try HookScripts.with { scripts in
            for name in ["b", "é", "B", "9-x", "10-x"] { try scripts.add(name) }
            let other = try scripts.add("another", at: scripts.scratch.path)
            let sequence = try scripts.sequence(others: [other])
            let names = ["10-x", "9-x", "B", "b", "é", "another"]
            #expect(!sequence.isEmpty && sequence.runs.isEmpty)
            try sequence.freeze()
            #expect(try scripts.calls() == names.map { $0 + " freeze" })
            #expect(sequence.runs.allSatisfy { $0.freezeOutcome == .succeeded && $0.thawOutcome == nil })
            sequence.thaw()
            #expect(try scripts.calls().suffix(6) == names.reversed().map { $0 + " thaw" })
            #expect(sequence.runs.map(\.name) == names)
            #expect(sequence.runs.allSatisfy { $0.thawOutcome == .succeeded && $0.freezeDuration > .zero })
            sequence.thaw()
            #expect(try scripts.calls().count == 12, "a second thaw does nothing")
        }
    }

    @Test func aFailureStopsAndAllThatBeganIsThawed() throws {
        try HookScripts.with { scripts in
            try scripts.add("1")
            try scripts.add("2", "[ $1 = thaw ] && exit 0; echo first; echo the reason >&2; echo; exit 4")
            try scripts.add("3")
            let sequence = try scripts.sequence()
            let error = #expect(throws: ConsistencyError.self) { try sequence.freeze() }
            #expect(error?.code == .hookFailed)
            #expect(error?.description.hasSuffix("hooks.d/2 freeze ended with status 4: the reason") == true)
            sequence.thaw()
            #expect(try scripts.calls() == ["1 freeze", "2 freeze", "2 thaw", "1 thaw"])
            #expect(sequence.runs.map(\.freezeOutcome) == [.succeeded, .failed])
            #expect(sequence.runs.map(\.thawOutcome) == [.succeeded, .succeeded])
            #expect(sequence.transcript == ["2 freeze: first", "2 freeze: the reason"])
        }
    }

    @Test func aThawThatFailsOrHangsHoldsUpNoOther() throws {
        try HookScripts.with { scripts in
            try scripts.add("1")
            try scripts.add("2", "[ $1 = freeze ] || sleep 60")
            try scripts.add("3", "[ $1 = freeze ] || { echo alas; kill -9 $$; }")
            let sequence = try scripts.sequence(timeout: .seconds(1))
            try sequence.freeze()
            let watch = Stopwatch()
            sequence.thaw()
            #expect(watch.seconds < 20)
            #expect(try scripts.calls().suffix(3) == ["3 thaw", "2 thaw", "1 thaw"])
            #expect(sequence.runs.map(\.thawOutcome) == [.succeeded, .timedOut, .failed])
            #expect(sequence.transcript == ["3 thaw: alas"])
        }
    }

    @Test func aFreezeThatHangsIsEndedWithAllItStarted() throws {
        try HookScripts.with { scripts in
            let numbers = scripts.scratch.appending("number")
            try scripts.add("1", "[ $1 = thaw ] && exit 0; sleep 60 & echo $! >'\(numbers)'; echo waiting; wait")
            try scripts.add("2")
            let sequence = try scripts.sequence(timeout: .milliseconds(500))
            let error = #expect(throws: ConsistencyError.self) { try sequence.freeze() }
            #expect(error?.code == .hookFailed)
            #expect(error?.description.contains("was not done after 0.5 s, and was ended: waiting") == true)
            let number = try #require(Int32(try Command.check("cat", numbers.string)))
            #expect(Waiting.until { ProcessIdentity(number: number) == nil })
            sequence.thaw()
            #expect(try scripts.calls() == ["1 freeze", "1 thaw"])
            #expect(sequence.runs.map(\.freezeOutcome) == [.timedOut])
            #expect(sequence.runs.map(\.thawOutcome) == [.succeeded])
        }
    }

    /// What holds a database has the hook's streams, as in the samples of qemu-guest-agent: it neither delays the freeze
    /// nor dies when it speaks.
    @Test func theBackgroundGoesOnUntilThaw() throws {
        try HookScripts.with { scripts in
            let gate = scripts.scratch.appending("gate")
            try Command.check("mkfifo", gate.string)
            try scripts.add(
                "holder",
                """
                if [ $1 = freeze ]; then
                    (seq 1000 >&2; read x <'\(gate)'; echo released; echo "holder released" >>'\(scripts.log)') &
                    echo holding
                else
                    echo >'\(gate)'
                fi
                """)
            let sequence = try scripts.sequence()
            try sequence.freeze()
            #expect(sequence.runs[0].freezeDuration < .seconds(10))
            sequence.thaw()
            #expect(Waiting.until { (try? scripts.calls().contains("holder released")) == true })
            #expect(sequence.transcript.contains("holder freeze: holding"))
            #expect(sequence.transcript.contains("holder freeze: released"))
            #expect(sequence.transcript.contains("holder freeze: 1000"))
        }
    }

    @Test func whatCannotBeStartedIsNotThawed() throws {
        try HookScripts.with { scripts in
            try scripts.add("1")
            try scripts.add("2", "#!/nonexistent/interpreter\n")
            let sequence = try scripts.sequence()
            let error = #expect(throws: ConsistencyError.self) { try sequence.freeze() }
            #expect(error?.code == .hookFailed)
            #expect(error?.description.contains("hooks.d/2 could not be started: No such file") == true)
            sequence.thaw()
            #expect(try scripts.calls() == ["1 freeze", "1 thaw"])
            #expect(sequence.runs.map(\.thawOutcome) == [.succeeded, nil])
        }
    }

    @Test func aScriptWithoutInterpreterIsForTheShell() throws {
        try HookScripts.with { scripts in
            let hook = try scripts.add("plain", "#!")
            let text = "echo \"plain $1\" >>'\(scripts.log)'\n"
            try Command.check("sh", "-c", "cat >\"$0\"", hook.string, input: text)
            let sequence = try scripts.sequence()
            try sequence.freeze()
            sequence.thaw()
            #expect(try scripts.calls() == ["plain freeze", "plain thaw"])
        }
    }

    @Test func theEnvironmentTells() throws {
        try HookScripts.with { scripts in
            try scripts.add(
                "tell", "env -0 | grep -z '^SNAPCTL_' | sort -z | tr '\\0' '|' | tr '\\n' ',' ; echo $PATH >&2")
            let snapshots = [SnapshotID.random(), SnapshotID.random()]
            let (volume, set) = (VolumeID.random(), SnapshotSetID.random())
            let context = HookContext(
                volumes: [.init("/dev/a b"), .init("/dev/c", volume)], snapshotIDs: snapshots, setID: set,
                mountPoints: ["/srv/x", "/srv"])
            let sequence = try scripts.sequence(context: context)
            try sequence.freeze()
            let told = try #require(sequence.transcript.first).split(separator: "|").map(String.init)
            let expected = [
                "tell freeze: SNAPCTL_MOUNT_POINTS=/srv/x,/srv", "SNAPCTL_SET_ID=\(set)",
                "SNAPCTL_SNAPSHOT_ID=\(snapshots[0])", "SNAPCTL_SNAPSHOT_IDS=\(snapshots[0]),\(snapshots[1])",
                "SNAPCTL_VOLUME=/dev/a b", "SNAPCTL_VOLUMES=/dev/a b,/dev/c", "SNAPCTL_VOLUME_IDS=\(volume)",
            ]
            let known = Set(expected.map { $0.split(separator: "=")[0] })
            #expect(told.filter { known.contains($0.split(separator: "=")[0]) }.sorted() == expected.sorted())
            #expect(sequence.transcript.joined().contains(try #require(Environment.value("PATH"))))
        }
    }

    @Test func withoutASetNoneIsTold() throws {
        try HookScripts.with { scripts in
            try scripts.add("tell", "echo \"${SNAPCTL_SET_ID-none} ${SNAPCTL_MOUNT_POINTS-none}.\"")
            let sequence = try scripts.sequence()
            try sequence.freeze()
            #expect(sequence.transcript == ["tell freeze: none ."])
        }
    }
}
