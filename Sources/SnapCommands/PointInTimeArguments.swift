internal import ArgumentParser
internal import SnapConsistency
internal import SnapEngine
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// The options of `create` that say how the point in time is made.
struct PointInTimeArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How the point in time is made.", valueName: "method"))
    var consistency = ConsistencyChoice.auto

    @Option(
        help: ArgumentHelp(
            "No filesystem stays frozen for longer. Without it: SNAPCTL_MAX_FREEZE, the configuration, else 30s, and 1s with live.",
            valueName: "time"))
    var maxFreeze: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "What happens when live cannot keep up with the writers: wait, freeze-longer, or fail.", valueName: "policy"
        ))
    var onNoConverge = NonConvergencePolicy.fail

    @Flag(help: "With live, compare the image with all of the volume before that is thawed.")
    var audit = false

    @Option(
        help: ArgumentHelp(
            "What happens when a hook or the freeze fails: fail, or crash-consistent, which goes on without.",
            valueName: "policy"))
    var onQuiesceFailure = QuiesceFailurePolicy.fail

    @Option(
        help: ArgumentHelp(
            "Folder of hooks. Without it: SNAPCTL_HOOKS_DIR, the configuration, else \(HookSettings.defaultDirectory).",
            valueName: "dir"),
        completion: .directory)
    var hooksDir: String?

    @Option(help: ArgumentHelp("A hook to run besides; may be repeated.", valueName: "file"), completion: .file())
    var hook: [String] = []

    @Flag(help: "Run no hooks of the folder.")
    var noHooks = false

    @Option(
        help: ArgumentHelp(
            "How long each call of a hook may take. Without it: SNAPCTL_HOOK_TIMEOUT, the configuration, else 60s.",
            valueName: "time"))
    var hookTimeout: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "Where clones of image files are made, on the same filesystem. Without it: beside the image.",
            valueName: "dir"),
        completion: .directory)
    var cloneDir: String?

    @Option(
        help: ArgumentHelp(
            "Room for what is overwritten in a thick logical volume meanwhile. Without it: by the volume and its group.",
            valueName: "size"))
    var reserve: ByteSize?

    @Flag(help: "Consent to image the volume of the running system. EBS's advice is to stop the machine first.")
    var allowRootVolume = false

    private static let reserveRange = (4 << 20)...(1 << 50)

    func options(_ settings: Settings) throws(EngineError) -> PointInTimeOptions {
        var options = PointInTimeOptions()
        options.method = consistency.method
        guard [maxFreeze, hookTimeout].allSatisfy({ $0.map { TimeSpan.range.contains($0.duration) } ?? true }) else {
            throw EngineError(
                .invalidParameter, "the values of --max-freeze and --hook-timeout are from 1ms to 24h")
        }
        if let reserve, !Self.reserveRange.contains(reserve.byteCount) {
            throw EngineError(.invalidParameter, "the value of --reserve is from 4M to 1024T")
        }
        options.maxFreeze = maxFreeze?.duration ?? settings.span(.maxFreeze) ?? options.maxFreeze
        options.liveMaxFreeze = maxFreeze?.duration ?? settings.span(.maxFreeze) ?? options.liveMaxFreeze
        options.onNoConverge = onNoConverge
        options.audits = audit
        options.onQuiesceFailure = onQuiesceFailure
        options.cloneDirectory = cloneDir.map(Self.absolute)
        options.reserveByteCount = reserve?.byteCount
        options.allowsRootVolume = allowRootVolume
        options.hooks.directory = noHooks ? nil : (hooksDir ?? settings.text(.hooksDirectory)).map(Self.absolute)
        options.hooks.others = hook.map(Self.absolute)
        options.hooks.timeout = hookTimeout?.duration ?? settings.span(.hookTimeout) ?? options.hooks.timeout
        return options
    }

    /// The worker has another working folder.
    static func absolute(_ path: String) -> FilePath {
        let path = FilePath(path)
        guard path.isRelative, let folder = CurrentProcess.workingFolder else { return path }
        return folder.pushing(path)
    }
}

/// `auto`, or a method.
enum ConsistencyChoice: ExpressibleByArgument, Hashable {
    case auto
    case method(ConsistencyMethod)

    init?(argument: String) {
        if argument == "auto" {
            self = .auto
        } else if let method = ConsistencyMethod(rawValue: argument) {
            self = .method(method)
        } else {
            return nil
        }
    }

    var method: ConsistencyMethod? {
        switch self {
        case .auto: nil
        case .method(let method): method
        }
    }

    static let allValueStrings = ["auto"] + ConsistencyMethod.allCases.map(\.rawValue)

    var defaultValueDescription: String { method?.rawValue ?? "auto" }
}

extension QuiesceFailurePolicy: ExpressibleByArgument {}
extension NonConvergencePolicy: ExpressibleByArgument {}
