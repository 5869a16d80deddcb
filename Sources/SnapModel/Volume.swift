/// An addressed byte space that was imaged at least once, made from a snapshot, or registered.
package struct Volume: Hashable, Sendable {
    package var id: VolumeID
    package var identity: VolumeIdentity
    /// Where it was last seen.
    package var path: String
    package var byteCount: Int
    package var createTime: Timestamp
    /// Sorted by key.
    package var tags: [Tag]
    package var productCodes: [ProductCode]
    /// The snapshot that it was made from.
    package var sourceSnapshot: SnapshotID?
    package var isEncrypted: Bool
    package var dataEncryptionKeyID: String?
    package var kmsKeyID: String?
    /// Counted up from 1 with each change of what only we know of it: tags, product codes, source. 0: nothing of that.
    package var revision: Int

    package init(
        id: VolumeID, identity: VolumeIdentity, path: String, byteCount: Int, createTime: Timestamp, tags: [Tag] = [],
        productCodes: [ProductCode] = [], sourceSnapshot: SnapshotID? = nil, isEncrypted: Bool = false,
        dataEncryptionKeyID: String? = nil, kmsKeyID: String? = nil, revision: Int = 0
    ) {
        self.id = id
        self.identity = identity
        self.path = path
        self.byteCount = byteCount
        self.createTime = createTime
        self.tags = tags
        self.productCodes = productCodes
        self.sourceSnapshot = sourceSnapshot
        self.isEncrypted = isEncrypted
        self.dataEncryptionKeyID = dataEncryptionKeyID
        self.kmsKeyID = kmsKeyID
        self.revision = revision
    }
}

/// What tells a volume from others whatever its path is today: `/dev/vdb` that became `/dev/vdc` keeps its identity.
package struct VolumeIdentity: Hashable, Sendable, Codable {
    package enum Strength: String, Sendable, Codable {
        /// Made to be unique (device-mapper uuid, serial number, inode with birth time).
        case strong
        /// May be shared by two devices (a filesystem or partition table that was cloned, a bare path).
        case weak
    }

    package var strength: Strength
    /// Where the value is from and the value, such as `dm:LVM-…` or `wwid:…:partition:…`. Compared whole.
    package var value: String

    package init(strength: Strength, value: String) {
        self.strength = strength
        self.value = value
    }

    enum CodingKeys: String, CodingKey {
        case strength = "Strength"
        case value = "Value"
    }
}
