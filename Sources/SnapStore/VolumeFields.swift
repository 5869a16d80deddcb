internal import SnapModel

/// A volume, in its own record and in those of its snapshots. What is optional is younger than version 2.
struct VolumeFields: Codable {
    var identity: VolumeIdentity
    var path: String
    var byteCount: Int
    var createTime: Timestamp
    var tags: [Tag]?
    var productCodes: [ProductCode]?
    var sourceSnapshot: SnapshotID?
    var isEncrypted: Bool?
    var kmsKeyID: String?
    var dataEncryptionKeyID: String?
    var revision: Int?

    enum CodingKeys: String, CodingKey {
        case identity = "Identity"
        case path = "Path"
        case byteCount = "ByteCount"
        case createTime = "CreateTime"
        case tags = "Tags"
        case productCodes = "ProductCodes"
        case sourceSnapshot = "SnapshotId"
        case isEncrypted = "Encrypted"
        case kmsKeyID = "KmsKeyId"
        case dataEncryptionKeyID = "DataEncryptionKeyId"
        case revision = "Revision"
    }

    init(_ volume: Volume) {
        identity = volume.identity
        path = volume.path
        byteCount = volume.byteCount
        createTime = volume.createTime
        tags = volume.tags.isEmpty ? nil : volume.tags
        productCodes = volume.productCodes.isEmpty ? nil : volume.productCodes
        sourceSnapshot = volume.sourceSnapshot
        isEncrypted = volume.isEncrypted ? true : nil
        kmsKeyID = volume.kmsKeyID
        dataEncryptionKeyID = volume.dataEncryptionKeyID
        revision = volume.revision == 0 ? nil : volume.revision
    }

    func volume(_ id: VolumeID) -> Volume {
        Volume(
            id: id, identity: identity, path: path, byteCount: byteCount, createTime: createTime, tags: tags ?? [],
            productCodes: productCodes ?? [], sourceSnapshot: sourceSnapshot, isEncrypted: isEncrypted ?? false,
            dataEncryptionKeyID: dataEncryptionKeyID, kmsKeyID: kmsKeyID, revision: revision ?? 0)
    }
}
