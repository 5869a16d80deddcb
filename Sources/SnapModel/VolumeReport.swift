/// What there is to tell of a volume: what it is made of, who uses it, how a point in time could be made of it.
package struct VolumeReport: Hashable, Sendable {
    /// A filesystem that lies on the volume and is mounted.
    package struct Filesystem: Hashable, Sendable {
        /// As the kernel names it: `loop0p1`.
        package var deviceName: String
        package var type: String
        package var mountPoints: [String]
        package var isReadOnly: Bool
        package var canBeFrozen: Bool

        package init(
            deviceName: String, type: String, mountPoints: [String], isReadOnly: Bool, canBeFrozen: Bool
        ) {
            self.deviceName = deviceName
            self.type = type
            self.mountPoints = mountPoints
            self.isReadOnly = isReadOnly
            self.canBeFrozen = canBeFrozen
        }
    }

    /// The volume itself, and all that is beneath it.
    package var stack: VolumeLayer
    package var byteCount: Int
    package var identity: VolumeIdentity
    /// Whether it carries the running system's `/`.
    package var isRootVolume: Bool
    /// In the order in which they would be frozen.
    package var filesystems: [Filesystem]
    /// Whoever else uses it: one line each.
    package var otherUses: [String]
    /// Whether the image file can be cloned; nil where there is none.
    package var canReflink: Bool?
    /// Where clones would be, or why there are none.
    package var reflinkDetail: String
    /// Every method, in the order in which `auto` prefers them.
    package var methods: [MethodAssessment]
    /// What `auto` takes; nil: nothing.
    package var automaticMethod: ConsistencyMethod?
    /// Why `auto` takes nothing: one line.
    package var refusal: String?

    package init(
        stack: VolumeLayer, byteCount: Int, identity: VolumeIdentity, isRootVolume: Bool, filesystems: [Filesystem],
        otherUses: [String], canReflink: Bool?, reflinkDetail: String, methods: [MethodAssessment],
        automaticMethod: ConsistencyMethod?, refusal: String?
    ) {
        self.stack = stack
        self.byteCount = byteCount
        self.identity = identity
        self.isRootVolume = isRootVolume
        self.filesystems = filesystems
        self.otherUses = otherUses
        self.canReflink = canReflink
        self.reflinkDetail = reflinkDetail
        self.methods = methods
        self.automaticMethod = automaticMethod
        self.refusal = refusal
    }
}
