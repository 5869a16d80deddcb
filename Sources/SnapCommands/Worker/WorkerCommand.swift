internal import ArgumentParser
internal import FoundationEssentials
internal import Logging
internal import SnapEngine
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// `snapctl worker`: the process that carries pending snapshots to their end. Started by `create` and `resume`, which tell it
/// what to do on its standard input (`WorkerOrder`), hear of it on its standard output, and may end before it does.
struct WorkerCommand: ParsableCommand {
    static let name = "worker"
    static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

    func run() throws {
        CurrentProcess.leaveWorkingFolder()
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var input = LineReader(OwnedDescriptor(adopting: 0, path: "standard input"))
        guard case .line(let line) = input.next(),
            let order = try? JSONDecoder().decode(WorkerOrder.self, from: Data(line.utf8))
        else {
            throw EngineError(.invalidParameter, "'snapctl worker' is started by 'snapctl create', not by hand")
        }
        let leash = WorkerLeash(input)
        do throws(EngineError) {
            Self.tell(.completed(try Self.carry(order, leash).map(\.id)))
        } catch {
            Self.tell(.failed(code: error.code, explanation: error.explanation, snapshot: error.snapshot))
            throw ExitCode(ErrorTable.entry(for: error.code).exitStatus)
        }
    }

    private static func carry(_ order: WorkerOrder, _ leash: WorkerLeash) throws(EngineError) -> [Snapshot] {
        var configuration = order.configuration
        configuration.logger = Logger(label: "snapctl")
        let progress = TransferProgress()
        let status = ServiceStatus.begin(progress, "making the point in time", starting: leash.cancellation)
        var events = Engine.Events()
        events.onPending = { snapshots in
            tell(.pending(snapshots.map(\.id), isCopied: snapshots.contains { $0.consistency.method == .live }))
        }
        events.onSecured = { snapshots, isHolding in
            if snapshots.allSatisfy(\.consistency.method.fixesBytes) { leash.mayEndAtOnce() }
            status?.turn(to: snapshots.map(\.id.rawValue).joined(separator: " "))
            tell(.secured(snapshots.map(\.id), isHolding: isHolding))
        }
        // Whoever looks at the file sees also what failed.
        defer { MetricsFile.renew(configuration) }
        do throws(EngineError) {
            let snapshots = try work(order.job, configuration, leash, events, progress)
            status?.end("completed: " + snapshots.map(\.id.rawValue).joined(separator: " "))
            return snapshots
        } catch {
            status?.end("failed: \(error.explanation)")
            throw error
        }
    }

    private static func work(
        _ job: WorkerOrder.Job, _ configuration: EngineConfiguration, _ leash: WorkerLeash, _ events: Engine.Events,
        _ progress: TransferProgress
    ) throws(EngineError) -> [Snapshot] {
        switch job {
        case .create(let request):
            let engine = try Engine.openForCreating(configuration, request)
            configuration.logPath.map(WorkerLog.begin)
            return try engine.create(request, progress: progress, cancellation: leash.cancellation, events: events)
        case .resume(let ids):
            // Its point in time outlives whoever asks, and this process.
            leash.releaseFromTheStart()
            let engine = try Engine.open(configuration)
            configuration.logPath.map(WorkerLog.begin)
            return try engine.resume(ids, progress: progress, cancellation: leash.cancellation, events: events)
        }
    }

    /// Nobody may be listening any more; then the record tells.
    private static func tell(_ event: WorkerEvent) {
        guard let bytes = try? JSONEncoder().encode(event) else { preconditionFailure("an event has no JSON") }
        _ = StandardStream.output.write(Array(bytes) + [UInt8(ascii: "\n")], within: .seconds(1))
    }
}
