internal import SnapModel

/// What came with version 3, under EBS's names.
extension RecordFields {
    struct PermissionFields: Codable {
        var userID: String?
        var group: String?

        enum CodingKeys: String, CodingKey {
            case userID = "UserId"
            case group = "Group"
        }

        init(_ permission: CreateVolumePermission) {
            switch permission {
            case .user(let account): userID = account
            case .all: group = CreateVolumePermission.groupName
            }
        }

        /// nil when it is malformed.
        var permission: CreateVolumePermission? {
            if let userID { return CreateVolumePermission(account: userID) }
            return group == CreateVolumePermission.groupName ? .all : nil
        }
    }

    struct LockFields: Codable {
        var mode: SnapshotLockMode
        var createTime: Timestamp
        var startTime: Timestamp?
        var durationDays: Int?
        var expiryTime: Timestamp?
        var coolOffHours: Int?
        var coolOffExpiryTime: Timestamp?

        enum CodingKeys: String, CodingKey {
            case mode = "LockMode"
            case createTime = "LockCreatedOn"
            case startTime = "LockDurationStartTime"
            case durationDays = "LockDuration"
            case expiryTime = "LockExpiresOn"
            case coolOffHours = "CoolOffPeriod"
            case coolOffExpiryTime = "CoolOffPeriodExpiresOn"
        }

        init(_ lock: SnapshotLock) {
            mode = lock.mode
            createTime = lock.createTime
            startTime = lock.startTime
            durationDays = lock.durationDays
            expiryTime = lock.expiryTime
            coolOffHours = lock.coolOffHours
            coolOffExpiryTime = lock.coolOffExpiryTime
        }

        var lock: SnapshotLock {
            SnapshotLock(
                mode: mode, createTime: createTime, startTime: startTime, durationDays: durationDays,
                expiryTime: expiryTime, coolOffHours: coolOffHours, coolOffExpiryTime: coolOffExpiryTime)
        }
    }

    struct BinFields: Codable {
        var enterTime: Timestamp
        var exitTime: Timestamp

        enum CodingKeys: String, CodingKey {
            case enterTime = "RecycleBinEnterTime"
            case exitTime = "RecycleBinExitTime"
        }

        init(_ stay: RecycleBinStay) { (enterTime, exitTime) = (stay.enterTime, stay.exitTime) }

        var stay: RecycleBinStay { RecycleBinStay(enterTime: enterTime, exitTime: exitTime) }
    }
}
