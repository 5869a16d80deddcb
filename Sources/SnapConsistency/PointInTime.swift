package import SnapDevice
package import SnapModel
package import SystemPackage

/// One way to make a point in time of one volume: the seam behind which `clone`, `lvm-thin`, `lvm`, `exclusive`,
/// `live`, `freeze` and `none` are.
///
/// `Quiescence` calls, from one thread, in this order: `prepare`; `approach`; then, for the volumes of a set all at once,
/// hooks, `catchUp` and the freeze of `targets`; `watch`; `settle`; `take`; the thaw, which waits until the read is done where `holdsFreeze`; hooks. On whatever fails,
/// `abandon` of all that were prepared and not taken, and `release` of those that were.
package protocol PointInTimeMethod: AnyObject, Sendable {
    var method: ConsistencyMethod { get }
    var facts: VolumeFacts { get }
    /// What is to be frozen around `take`, deepest mount point first; empty where nothing is mounted, or the method
    /// quiets the filesystems by itself. Of a set, also what a method alone would quiet by itself (`isInSet`).
    func targets(isInSet: Bool) -> [FreezeTarget]
    /// Whether what is frozen stays so until the image is read.
    var holdsFreeze: Bool { get }
    /// Whether there is no point in time where the freeze fails.
    var needsFreeze: Bool { get }
    /// Nothing may be frozen for longer on its behalf; nil: what the options say. Of a set the longest counts.
    var maxFreeze: Duration? { get }
    /// The best level that it reaches without hooks, if the freeze succeeds.
    var level: ConsistencyLevel { get }

    /// Before anything is frozen: looks, opens, flushes, reserves. It may take as long as it needs to.
    func prepare() throws(ConsistencyError)
    /// Once the leases are planned: whatever of `take` can be done beforehand, so that less is left of it under the freeze.
    /// It may take as long as it needs to, and asks `check`, which throws when somebody wants it to end.
    func approach(_ check: () throws(ConsistencyError) -> Void) throws(ConsistencyError)
    /// What `take` itself needs, so that it must not lie on anything frozen.
    var needs: [FrozenNeed] { get }
    /// After `prepare`: what `take` is going to make, so that whoever finds this process dead can clear it away. nil where
    /// nothing outlives the process.
    var plannedLease: PointInTimeLease? { get }
    /// Just before the freeze, when hooks have been run: what has come up since `approach`. Short, as a rule. Throws as `settle` does.
    func catchUp() throws(ConsistencyError)
    /// After the freeze: how to know that it still holds. It throws `freezeExpired` where not, from any thread.
    func watch(_ confirmFrozen: @escaping @Sendable () throws(ConsistencyError) -> Void)
    /// While everything is frozen, before any of a set is taken. Throws `marksLost` where the freeze was too early: once all
    /// is thawed it may be approached once more.
    func settle() throws(ConsistencyError)
    /// While everything is frozen: fixes the bytes of the instant. Milliseconds.
    func take() throws(ConsistencyError) -> any PointInTime
    /// Undoes `prepare`, and what a `take` that threw had done.
    func abandon()
}

extension PointInTimeMethod {
    package var needsFreeze: Bool { holdsFreeze }
    package var maxFreeze: Duration? { nil }
    package var plannedLease: PointInTimeLease? { nil }
    package var needs: [FrozenNeed] { [] }
    package func approach(_ check: () throws(ConsistencyError) -> Void) throws(ConsistencyError) {}
    package func catchUp() throws(ConsistencyError) {}
    package func watch(_ confirmFrozen: @escaping @Sendable () throws(ConsistencyError) -> Void) {}
    package func settle() throws(ConsistencyError) {}
}

/// The bytes of one instant of a volume, held until `release`.
package protocol PointInTime: AnyObject, Sendable {
    /// Reads them.
    var reader: VolumeReader { get }
    /// How long the method itself held up the volume's writers; nil where it did not, or that is not known.
    var suspension: Duration? { get }
    /// What another process needs to go on with them; nil where they end with this process.
    var lease: PointInTimeLease? { get }
    /// Called now and then while they are read, from a thread of its own: watches what holds them, and helps where it
    /// can. Throws `pointInTimeLost`, `freezeExpired` once they may not be those of the instant.
    func tend() throws(ConsistencyError)
    /// Called once all is read: throws unless every byte that was read is of the instant.
    func confirm() throws(ConsistencyError)
    /// Gives everything back. Also called twice, and after a failure.
    func release()
}

extension PointInTime {
    package var suspension: Duration? { nil }
}

/// A filesystem that is to be frozen.
package struct FreezeTarget: Hashable, Sendable {
    package var mountPoint: FilePath
    /// `ext4`
    package var filesystemType: String

    package init(mountPoint: FilePath, filesystemType: String) {
        self.mountPoint = mountPoint
        self.filesystemType = filesystemType
    }
}

/// What the user asked of the point in time.
package struct PointInTimeOptions: Hashable, Sendable, Codable {
    /// nil: `auto`.
    package var method: ConsistencyMethod?
    /// Nothing stays frozen for longer.
    package var maxFreeze: Duration = defaultMaxFreeze
    /// The same for `live`, which can do with less.
    package var liveMaxFreeze: Duration = defaultLiveMaxFreeze
    package var onNoConverge = NonConvergencePolicy.fail
    /// How many volumes stand still together: they share the time.
    package var volumeCount = 1
    /// Whether a live copy is compared with all of the volume before that is thawed.
    package var audits = false
    /// Why `live` is not to be used for the volume, though it may be possible: the rest of a sentence.
    package var liveObstacle: String?
    /// Where `live` keeps what memory does not hold; not on a filesystem that is frozen.
    package var spillDirectory: FilePath?
    /// Where clones are made; nil: beside the image file. On its filesystem.
    package var cloneDirectory: FilePath?
    /// Of a thick LVM snapshot; nil: by the size of the volume and the room in its group.
    package var reserveByteCount: Int?
    /// Consent to image the volume of the running system.
    package var allowsRootVolume = false
    package var onQuiesceFailure = QuiesceFailurePolicy.fail
    package var hooks = HookSettings()
    /// What must not be on a filesystem that is frozen: the store, the catalogue, logs, by the words for messages.
    package var needs: [FrozenNeed] = []

    package static let defaultMaxFreeze = Duration.seconds(30)
    package static let defaultLiveMaxFreeze = Duration.seconds(1)

    package init() {}
}

/// What happens when hooks or the freeze fail.
package enum QuiesceFailurePolicy: String, Sendable, Codable, CaseIterable {
    case fail
    /// Goes on without them, and says so in the record.
    case crashConsistent = "crash-consistent"
}

/// Something that the snapshot itself needs, so that it must not lie on a frozen filesystem.
package struct FrozenNeed: Hashable, Sendable, Codable {
    /// "the store"
    package var words: String
    package var path: FilePath

    package init(_ words: String, _ path: FilePath) {
        self.words = words
        self.path = path
    }
}

/// Which hooks are run.
package struct HookSettings: Hashable, Sendable, Codable {
    /// All executables in it, by name; a folder that does not exist has none.
    package var directory: FilePath?
    /// Run after those of the directory.
    package var others: [FilePath] = []
    /// Of each call.
    package var timeout: Duration = .seconds(60)

    package static let defaultDirectory: FilePath = "/etc/snapctl/hooks.d"

    package init() {}
}
