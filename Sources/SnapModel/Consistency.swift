/// How the point in time of a snapshot is made (DESIGN §5). In the order in which `auto` prefers them.
package enum ConsistencyMethod: String, Sendable, Codable, CaseIterable {
    /// The image file was cloned by its filesystem (FICLONE), and the clone was read.
    case clone
    /// A snapshot of a thin logical volume was read.
    case lvmThin = "lvm-thin"
    /// A snapshot of a thick logical volume, with a reserve for what is overwritten meanwhile, was read.
    case lvm
    /// The volume was claimed, so that nobody could write to it, until it was read.
    case exclusive
    /// The volume was copied while its writes were tracked; then its filesystems were frozen until the rest was read.
    case live
    /// The filesystems of the volume were frozen until it was read.
    case freeze
    /// The volume was read while it may have been written to.
    case none
}

extension ConsistencyMethod {
    /// Whether the bytes of the instant are kept apart from the volume, so that writing to it changes none of them.
    package var fixesBytes: Bool {
        switch self {
        case .clone, .lvmThin, .lvm: true
        case .exclusive, .live, .freeze, .none: false
        }
    }
}

/// What the image may be trusted to be, from the best to the worst.
package enum ConsistencyLevel: String, Sendable, Codable, CaseIterable {
    /// Programs were told by hooks, and had brought their data to rest.
    case application
    /// Filesystems were at rest: frozen, or not mounted.
    case filesystem
    /// Every byte is from one instant, as after a power cut.
    case crash
    /// Bytes are from different instants.
    case none
}

extension ConsistencyLevel: Comparable {
    /// The better one is the lesser, as in the order of the cases.
    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .application: 0
        case .filesystem: 1
        case .crash: 2
        case .none: 3
        }
    }
}

/// How the point in time was made, and what that makes the image.
package struct Consistency: Hashable, Sendable {
    package var method: ConsistencyMethod
    /// nil until the point in time is taken.
    package var level: ConsistencyLevel?
    /// The instant whose bytes the image holds. nil until it is taken, and for ever with `none`.
    package var instant: Timestamp?
    /// How long writers were held up by frozen filesystems; nil where nothing was frozen.
    package var freezeDuration: Duration?
    /// In the order in which they were run before the freeze.
    package var hooks: [HookRun]

    package init(
        method: ConsistencyMethod, level: ConsistencyLevel? = nil, instant: Timestamp? = nil,
        freezeDuration: Duration? = nil, hooks: [HookRun] = []
    ) {
        self.method = method
        self.level = level
        self.instant = instant
        self.freezeDuration = freezeDuration
        self.hooks = hooks
    }

    /// Whether every byte is from one instant.
    package var isPointInTime: Bool { method != .none }
}

/// One hook: a program that brings another to rest before the freeze, and wakes it after.
package struct HookRun: Hashable, Sendable {
    package enum Outcome: String, Sendable, Codable { case succeeded, failed, timedOut = "timed-out" }

    /// Its file name.
    package var name: String
    package var freezeOutcome: Outcome
    package var freezeDuration: Duration
    /// nil until it was called with `thaw`.
    package var thawOutcome: Outcome?

    package init(
        name: String, freezeOutcome: Outcome, freezeDuration: Duration, thawOutcome: Outcome? = nil
    ) {
        self.name = name
        self.freezeOutcome = freezeOutcome
        self.freezeDuration = freezeDuration
        self.thawOutcome = thawOutcome
    }
}
